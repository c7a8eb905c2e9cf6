import {
  type Compression,
  gridOf,
  type MethodName,
  sparsityOf,
  USUAL_GRID,
} from './compression.ts';

const USUAL_DAMPING = 0.01;

/** The same wishes for another method; what it has no use for is dropped. */
export function withMethod(current: Compression, method: MethodName): Compression {
  const { calibration } = current;
  const grid = gridOf(current) ?? USUAL_GRID;
  const damping = 'damping' in current ? current.damping : USUAL_DAMPING;
  const sparsity = sparsityOf(current) ?? 0.5;
  const quantization = 'quantization' in current ? current.quantization : null;
  switch (method) {
    case 'gptq':
      return { method, ...grid, actOrder: false, staticGroups: false, damping, calibration };
    case 'rtn':
      return { method, ...grid, calibration };
    case 'sparsegpt':
      return { method, sparsity, quantization, damping, calibration };
    case 'wanda':
    case 'magnitude':
      return { method, sparsity, quantization, calibration };
  }
}

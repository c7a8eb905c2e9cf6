import {
  type Compression,
  type GridOptions,
  gridOf,
  type MethodName,
  sparsityOf,
} from '../../shared/compression.ts';

/** What a method that quantises takes when nothing was chosen yet. */
const USUAL_GRID: GridOptions = { bits: 4, groupSize: 64, symmetric: false, mse: false };
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

/** Changes the grid, wherever the method keeps it. */
export function withGrid(current: Compression, change: Partial<GridOptions>): Compression {
  const grid = { ...(gridOf(current) ?? USUAL_GRID), ...change };
  return 'quantization' in current ? { ...current, quantization: grid } : { ...current, ...grid };
}

import {
  type Compression,
  type GridOptions,
  gridOf,
  type MethodName,
  type Sparsity,
  sparsityOf,
  USUAL_GRID,
} from './compression.ts';

export const USUAL_DAMPING = 0.01;
export const USUAL_SPARSITY = 0.5;

/** Every setting that some method takes. */
export interface CompressionParts {
  readonly grid: GridOptions;
  readonly actOrder: boolean;
  readonly staticGroups: boolean;
  readonly damping: number;
  readonly sparsity: Sparsity;
  /** Of the weights that a pruning method leaves. */
  readonly quantization: GridOptions | null;
  readonly calibration: Compression['calibration'];
}

/** A method with what it takes of the parts. */
export function compressionFrom(method: MethodName, parts: CompressionParts): Compression {
  const { grid, actOrder, staticGroups, damping, sparsity, quantization, calibration } = parts;
  switch (method) {
    case 'gptq':
      return { method, ...grid, actOrder, staticGroups, damping, calibration };
    case 'rtn':
      return { method, ...grid, calibration };
    case 'sparsegpt':
      return { method, sparsity, quantization, damping, calibration };
    case 'wanda':
    case 'magnitude':
      return { method, sparsity, quantization, calibration };
  }
}

/** The same wishes for another method; what it has no use for is dropped. */
export const withMethod = (current: Compression, method: MethodName): Compression =>
  compressionFrom(method, {
    grid: gridOf(current) ?? USUAL_GRID,
    actOrder: false,
    staticGroups: false,
    damping: 'damping' in current ? current.damping : USUAL_DAMPING,
    sparsity: sparsityOf(current) ?? USUAL_SPARSITY,
    quantization: 'quantization' in current ? current.quantization : null,
    calibration: current.calibration,
  });

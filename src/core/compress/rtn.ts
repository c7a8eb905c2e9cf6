import type { GridOptions } from '../../shared/compression.ts';
import { plainAlgebra } from './gemm.ts';
import { encode, fitGrid } from './grid.ts';
import { relativeError } from './hessian.ts';
import type { Compressor } from './method.ts';
import { dequantize, groupColumns, type LinearProblem, type QuantizedWeight } from './quantized.ts';

/** Round-to-nearest: every group's grid from the weights alone. The Hessian only measures the error. */
export const rtn = (options: GridOptions): Compressor => ({
  needsCalibration: false,
  async compress(problem, algebra = plainAlgebra) {
    const quantized = roundToNearest(problem, options);
    const weight = dequantize(quantized);
    const { hessian } = problem;
    const error = await relativeError(problem.weight, weight, hessian, problem.in, algebra);
    return { weight, quantized, error, damping: 0 };
  },
});

/** The codes of a weight; 0 stays 0, as every grid contains it. */
export function roundToNearest(
  { weight, out, in: columns }: Pick<LinearProblem, 'weight' | 'out' | 'in'>,
  options: GridOptions,
): QuantizedWeight {
  const { bits, groupSize } = options;
  const size = groupColumns(groupSize, columns);
  const groups = Math.ceil(columns / size);
  const codes = new Uint8Array(out * columns);
  const scales = new Float32Array(groups * out);
  const zeros = new Uint8Array(groups * out);
  const maxCode = 2 ** bits - 1;
  for (let o = 0; o < out; o++) {
    for (let g = 0; g < groups; g++) {
      const start = o * columns + g * size;
      const end = Math.min(start + size, (o + 1) * columns);
      const { scale, zero } = fitGrid(weight, start, end, options);
      scales[g * out + o] = scale;
      zeros[g * out + o] = zero;
      for (let i = start; i < end; i++) codes[i] = encode(weight[i]!, scale, zero, maxCode);
    }
  }
  const gIdx = Int32Array.from({ length: columns }, (_, i) => Math.floor(i / size));
  return { out, in: columns, bits, groupSize, codes, scales, zeros, gIdx };
}

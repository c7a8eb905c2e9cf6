import type { GridOptions, Sparsity } from '../../shared/compression.ts';
import { type Algebra, plainAlgebra } from './gemm.ts';
import { relativeError } from './hessian.ts';
import { type CompressedLinear, dequantize, type LinearProblem } from './quantized.ts';
import { roundToNearest } from './rtn.ts';

export interface PruningOptions {
  readonly sparsity: Sparsity;
  /** The grid of the weights that stay; null leaves them as they are. */
  readonly quantization: GridOptions | null;
}

/** Zeroes the masked weights, rounds the others where there is a grid, and moves none to make up for it. */
export async function applyMask(
  problem: LinearProblem,
  mask: Uint8Array,
  grid: GridOptions | null,
  algebra: Algebra = plainAlgebra,
): Promise<CompressedLinear> {
  const kept = problem.weight.map((w, i) => (mask[i] === 1 ? 0 : w));
  const quantized = grid ? roundToNearest({ ...problem, weight: kept }, grid) : undefined;
  const weight = quantized ? dequantize(quantized) : kept;
  const { hessian } = problem;
  const error = await relativeError(problem.weight, weight, hessian, problem.in, algebra);
  return { weight, ...(quantized && { quantized }), error, damping: 0 };
}

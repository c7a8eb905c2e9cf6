import type { Sparsity } from '../../shared/compression.ts';
import { maskRows } from './mask.ts';
import type { Compressor } from './method.ts';
import { applyMask, type PruningOptions } from './prune.ts';
import type { LinearProblem } from './quantized.ts';

/** Wanda (arXiv 2306.11695): prunes by |W_ij|·‖X_j‖₂, compared within an output row; no update. */
export const wanda = ({ sparsity, quantization }: PruningOptions): Compressor => ({
  needsCalibration: true,
  compress: (problem, algebra) =>
    applyMask(problem, wandaMask(problem, sparsity), quantization, algebra),
});

function wandaMask({ weight, out, in: n, hessian }: LinearProblem, sparsity: Sparsity): Uint8Array {
  if (hessian === undefined) throw new Error('Wanda needs the norms of the layer inputs');
  // diag H = 2/N·‖X_j‖²: the factor changes no comparison.
  const norms = Float64Array.from({ length: n }, (_, j) => Math.sqrt(hessian[j * n + j]!));
  return maskRows(out, n, sparsity, (o, scores) => {
    for (let j = 0; j < n; j++) scores[j] = Math.abs(weight[o * n + j]!) * norms[j]!;
  });
}

import type { Sparsity } from '../../shared/compression.ts';
import { markLeast, maskRows } from './mask.ts';
import type { Compressor } from './method.ts';
import { applyMask, type PruningOptions } from './prune.ts';
import type { LinearProblem } from './quantized.ts';

/** Prunes a layer's smallest weights, whatever its inputs; no update. */
export const magnitude = ({ sparsity, quantization }: PruningOptions): Compressor => ({
  needsCalibration: false,
  compress: (problem, algebra) =>
    applyMask(problem, magnitudeMask(problem, sparsity), quantization, algebra),
});

/** A share is of the whole layer, a pattern of each row. */
function magnitudeMask({ weight, out, in: n }: LinearProblem, sparsity: Sparsity): Uint8Array {
  if (typeof sparsity === 'string')
    return maskRows(out, n, sparsity, (o, scores) => {
      for (let j = 0; j < n; j++) scores[j] = Math.abs(weight[o * n + j]!);
    });
  const mask = new Uint8Array(weight.length);
  markLeast(mask, weight.map(Math.abs), 0, weight.length, Math.floor(sparsity * weight.length));
  return mask;
}

import { type GridOptions, parsePattern, type Sparsity } from '../../shared/compression.ts';
import { createCoder } from './coder.ts';
import { factorHessian } from './damping.ts';
import { plainAlgebra } from './gemm.ts';
import { relativeError } from './hessian.ts';
import { markLeast, markWindow } from './mask.ts';
import type { Compressor } from './method.ts';
import { dequantize, type HessianFactor } from './quantized.ts';
import { BLOCK, solveColumns, startWorking, type Working } from './solve.ts';

export interface SparseGptOptions {
  readonly sparsity: Sparsity;
  /** Share of mean diag H added to the diagonal. */
  readonly damping: number;
  /** The grid of the weights that stay; null leaves them as they are. */
  readonly quantization: GridOptions | null;
}

/** SparseGPT (arXiv 2301.00774) as METHODS.md C states it; the pruned and the rounded share one error. */
export function sparsegpt({ sparsity, damping, quantization }: SparseGptOptions): Compressor {
  // A pattern's columns must stay neighbours, so there is no act-order.
  const solver = { actOrder: false, damping };
  return {
    needsCalibration: true,
    prepare: (hessian, columns, algebra) => factorHessian(hessian, columns, solver, algebra),
    async compress(problem, algebra = plainAlgebra) {
      const { hessian } = problem;
      if (hessian === undefined) throw new Error('SparseGPT needs the Hessian of the layer inputs');
      const factor = problem.factor ?? (await factorHessian(hessian, problem.in, solver, algebra));
      const working = startWorking(problem, hessian, factor);
      const pruner = createPruner(working, sparsity);
      const coder = quantization && createCoder(working, quantization);
      await solveColumns(
        working,
        {
          blockEnd: coder?.blockEnd ?? ((start) => Math.min(start + pruner.block, problem.in)),
          startBlock: pruner.startBlock,
          value(row, o, start, i) {
            const kept = pruner.prunes(row, o, start, i) ? 0 : row[i]!;
            return coder?.round(kept, row, o, start, i) ?? kept;
          },
        },
        algebra.gemm,
      );
      const quantized = coder?.finish();
      const weight = quantized ? dequantize(quantized) : working.weight;
      const error = await relativeError(problem.weight, weight, hessian, problem.in, algebra);
      return { weight, ...(quantized && { quantized }), error, damping: factor.damping };
    },
  };
}

/** Decides which weights become 0, by w²/U_jj²: what their absence costs. */
interface Pruner {
  /** Columns of a block. */
  readonly block: number;
  startBlock(start: number, end: number): void;
  prunes(row: Float64Array, o: number, start: number, i: number): boolean;
}

const createPruner = (working: Working, sparsity: Sparsity): Pruner =>
  typeof sparsity === 'number'
    ? sharePruner(working, sparsity)
    : patternPruner(working, parsePattern(sparsity));

/** The cheapest share of each block, over all its rows; the layer's total is exact to one weight. */
function sharePruner({ out, in: n, weight, factor }: Working, share: number): Pruner {
  const scores = new Float64Array(out * BLOCK);
  const mask = new Uint8Array(out * BLOCK);
  let width = 0;
  return {
    block: BLOCK,
    startBlock(start, end) {
      width = end - start;
      for (let o = 0; o < out; o++)
        for (let i = 0; i < width; i++) {
          const column = start + i;
          scores[o * width + i] = cost(weight[o * n + column]!, factor, column, n);
        }
      mask.fill(0);
      const count = Math.floor(share * out * end) - Math.floor(share * out * start);
      markLeast(mask, scores, 0, out * width, count);
    },
    prunes: (_, o, __, i) => mask[o * width + i] === 1,
  };
}

/** n of every m columns, chosen row by row when the solver reaches them. */
function patternPruner(
  { in: n, factor }: Working,
  pattern: ReturnType<typeof parsePattern>,
): Pruner {
  const { of } = pattern;
  const scores = new Float64Array(of);
  const mask = new Uint8Array(of);
  return {
    block: BLOCK - (BLOCK % of),
    startBlock() {},
    prunes(row, _, start, i) {
      if (i % of === 0) {
        for (let k = 0; k < of; k++) scores[k] = cost(row[i + k]!, factor, start + i + k, n);
        mask.fill(0);
        markWindow(mask, 0, scores, 0, pattern);
      }
      return mask[i % of] === 1;
    },
  };
}

function cost(weight: number, { upper }: HessianFactor, column: number, n: number): number {
  return (weight / upper[column * n + column]!) ** 2;
}

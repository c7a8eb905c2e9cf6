import type { Linear } from './calibrate.ts';
import type { CompressionPlan } from './plan.ts';

/**
 * What the parts of a compression cost, in fp32 operations of ONNX Runtime's Gemm that take as long
 * (bench/compress.ts measures the parts). `tokens` is the calibration text's length.
 */
const COST = {
  /** XᵀX of a linear's inputs. */
  gram: (columns: number, tokens: number) => 2 * columns ** 2 * tokens,
  /** Running weights. */
  run: (weights: number, tokens: number) => 2 * weights * tokens,
  /** Cholesky and triangular inverse in fp64, with serial diagonal blocks. */
  factor: (columns: number) => 4 * columns ** 3,
  /** Propagating errors and measuring what is lost, and the columns one by one in JavaScript. */
  solve: ({ out, in: columns }: Linear) => out * columns * (5 * columns + 10_000),
  /** Rounding to a grid, packing and writing. */
  round: ({ out, in: columns }: Linear) => 5000 * out * columns,
};

/** The work of every linear in execution order; a stage's first bears what its linears share. */
export function workOf({ blocks, text }: CompressionPlan): ReadonlyMap<string, number> {
  const work = new Map<string, number>();
  const tokens = text ? text.sequences * text.length : 0;
  for (const { stages, linears } of blocks) {
    let before = 0;
    for (const stage of stages)
      for (const [i, linear] of stage.entries()) {
        const columns = linear.in;
        const shared =
          i > 0 || tokens === 0
            ? 0
            : COST.run(before, tokens) + COST.gram(columns, tokens) + COST.factor(columns);
        const own = COST.round(linear) + (tokens === 0 ? 0 : COST.solve(linear));
        work.set(linear.module, shared + own);
        before += linear.out * columns;
      }
    const last = linears.at(-1)!;
    work.set(last.module, work.get(last.module)! + COST.run(before, tokens));
  }
  return work;
}

import type { CompressionOptions } from '../../shared/compression.ts';
import type { Algebra } from './gemm.ts';
import type { LinearShape } from './options.ts';

/**
 * What the parts of a compression cost, in fp32 operations of ONNX Runtime's Gemm that take as long
 * on two cores (`npm run bench -- compress` measures the parts). `tokens` of calibration text.
 */
const COST = {
  /** XᵀX of a linear's inputs, its upper half. */
  gram: (columns: number, tokens: number) => 1.4 * columns ** 2 * tokens,
  /** Running weights. */
  run: (weights: number, tokens: number) => 2 * weights * tokens,
  /** Cholesky and triangular inverse in fp64, with serial diagonal blocks. */
  factor: (columns: number) => 3.5 * columns ** 3,
  /** Propagating errors, and solving the columns one by one in JavaScript. */
  solve: ({ out, in: columns }: LinearShape) => out * columns * (columns + 20_000),
  /** Measuring what is lost. */
  measure: ({ out, in: columns }: LinearShape) => 4 * out * columns ** 2,
  /** Reading, packing and writing. */
  move: ({ out, in: columns }: LinearShape) => 9000 * out * columns,
};

/** What decides the work of a compression. */
export interface Workload {
  readonly options: CompressionOptions;
  readonly blocks: readonly { readonly stages: readonly (readonly LinearShape[])[] }[];
  readonly text: { readonly sequences: number; readonly length: number } | undefined;
}

/** The work of every linear in execution order; a stage's first bears what its linears share. */
export function workOf({ options, blocks, text }: Workload): ReadonlyMap<string, number> {
  const work = new Map<string, number>();
  const tokens = text ? text.sequences * text.length : 0;
  const solves = 'damping' in options;
  for (const { stages } of blocks) {
    let before = 0;
    for (const stage of stages)
      for (const [i, linear] of stage.entries()) {
        const columns = linear.in;
        const shared =
          i > 0 || tokens === 0
            ? 0
            : COST.run(before, tokens) +
              COST.gram(columns, tokens) +
              (solves ? COST.factor(columns) : 0);
        const own =
          COST.move(linear) +
          (tokens === 0 ? 0 : COST.measure(linear)) +
          (solves ? COST.solve(linear) : 0);
        work.set(linear.module, shared + own);
        before += linear.out * columns;
      }
    const last = stages.at(-1)!.at(-1)!;
    work.set(last.module, work.get(last.module)! + COST.run(before, tokens));
  }
  return work;
}

/** Order of the matrices whose product is timed: 2 billion operations. */
const TRIAL = 1024;
const TRIALS = 5;

/** fp32 operations a second of the algebra's matrix product, now and here; takes a moment. */
export async function measureSpeed({ gemm }: Algebra): Promise<number> {
  const matrix = () => new Float32Array(TRIAL * TRIAL).fill(0.5);
  const [a, b, c] = [matrix(), matrix(), matrix()];
  const shape = { m: TRIAL, n: TRIAL, k: TRIAL, alpha: 1, beta: 0 } as const;
  const times: number[] = [];
  for (let i = 0; i < TRIALS; i++) {
    const start = performance.now();
    await gemm(c, a, b, shape);
    times.push((performance.now() - start) / 1000);
  }
  return (2 * TRIAL ** 3) / times.sort((x, y) => x - y)[TRIALS >> 1]!;
}

/** Seconds that a compression will take at `speed` operations a second. */
export function estimateSeconds(workload: Workload, speed: number): number {
  return [...workOf(workload).values()].reduce((sum, operations) => sum + operations, 0) / speed;
}

import { describe, expect, test } from 'vitest';
import { compressorOf } from '../../../src/core/compress/methods.ts';
import { type CompressedLinear, dequantize } from '../../../src/core/compress/quantized.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { CompressionOptions } from '../../../src/shared/compression.ts';
import { makeHessian, makeLayer } from './layer.ts';

const MULTIPLE = 16;

/**
 * A layer of any shape, wide or tall, with correlated inputs: `least` of them per column at least,
 * without it perhaps fewer than columns.
 */
async function randomProblem(seed: number, least = 0) {
  const { integer } = createRandom(seed, 'a layer');
  const sequences = 2 + integer(4);
  const columns = MULTIPLE * (1 + integer(8));
  const shape = {
    out: 3 + integer(40),
    in: columns,
    tokens: sequences * (least * columns + 8 + integer(60)),
    sequences,
    dead: [],
  };
  const { weight, inputs } = makeLayer(1 + integer(1e6), shape);
  return { ...shape, weight, hessian: await makeHessian(inputs, shape) };
}

type Problem = Awaited<ReturnType<typeof randomProblem>>;
const solve = (problem: Problem, options: CompressionOptions): Promise<CompressedLinear> =>
  compressorOf(options).compress(problem);

const order = { actOrder: false, staticGroups: false, damping: 0.01 };
const grid = { bits: 3, groupSize: MULTIPLE, symmetric: false, mse: false } as const;
const PRUNERS = ['sparsegpt', 'wanda', 'magnitude'] as const;
const zeros = (values: Float32Array) => values.filter((value) => value === 0).length;

/** Every run of m weights in every row. */
function* runsOf({ out, in: columns }: Problem, values: Float32Array, m: number) {
  for (let o = 0; o < out; o++)
    for (let i = 0; i < columns; i += m)
      yield values.subarray(o * columns + i, o * columns + i + m);
}

describe.each(Array.from({ length: 8 }, (_, i) => i + 1))('random layer %i', async (seed) => {
  const problem = await randomProblem(seed);

  test('GPTQ loses no more than rounding does', async () => {
    for (const bits of [2, 3, 4, 8] as const)
      for (const symmetric of [false, true]) {
        const kind = { ...grid, bits, symmetric };
        const rounded = await solve(problem, { method: 'rtn', ...kind });
        const solved = await solve(problem, { method: 'gptq', ...kind, ...order });
        expect(solved.error).toBeLessThanOrEqual(rounded.error);
      }
  });

  // Of fewer inputs than columns it learns too little: there it can lose by a tenth.
  test('SparseGPT loses no more than magnitude does at the same share of zeros', async () => {
    const calibrated = await randomProblem(seed, 2);
    for (const sparsity of [0.3, 0.5, 0.7, '2:4', '4:8'] as const) {
      const options = { sparsity, quantization: null };
      const blind = await solve(calibrated, { method: 'magnitude', ...options });
      const solved = await solve(calibrated, { method: 'sparsegpt', ...options, damping: 0.01 });
      expect(Math.abs(zeros(solved.weight) - zeros(blind.weight))).toBeLessThanOrEqual(1);
      expect(solved.error).toBeLessThanOrEqual(blind.error);
    }
  });

  test.each(PRUNERS)('%s: n of m in every run, or the share within one weight', async (method) => {
    const prune = (sparsity: '2:4' | '4:8' | number) =>
      solve(problem, { method, sparsity, quantization: null, damping: 0.01 } as CompressionOptions);
    for (const [pattern, n, m] of [
      ['2:4', 2, 4],
      ['4:8', 4, 8],
    ] as const) {
      const { weight } = await prune(pattern);
      for (const run of runsOf(problem, weight, m)) expect(zeros(run)).toBe(n);
    }
    const { uniform } = createRandom(seed, method);
    const share = 0.05 + 0.9 * uniform();
    const { weight } = await prune(share);
    // Wanda ranks the weights of a row; the others those of the layer.
    const [count, rows] = method === 'wanda' ? [problem.in, problem.out] : [weight.length, 1];
    for (let row = 0; row < rows; row++) {
      const found = zeros(weight.subarray(row * count, (row + 1) * count));
      expect(Math.abs(found - share * count)).toBeLessThanOrEqual(1);
    }
  });

  test('under act-order the columns of a group share a grid', async () => {
    for (const staticGroups of [false, true]) {
      const options = { ...grid, ...order, actOrder: true, staticGroups };
      const { weight, quantized } = await solve(problem, { method: 'gptq', ...options });
      const { gIdx, scales, zeros: points } = quantized!;
      expect(dequantize(quantized!)).toEqual(weight);
      for (let group = 0; group < problem.in / MULTIPLE; group++) {
        const members = [...gIdx.keys()].filter((i) => gIdx[i] === group);
        expect(members.length).toBe(MULTIPLE);
        for (let o = 0; o < problem.out; o++) {
          const at = group * problem.out + o;
          for (const i of members) {
            const code = weight[o * problem.in + i]! / scales[at]! + points[at]!;
            expect(Math.abs(code - Math.round(code))).toBeLessThan(1e-4);
            expect(Math.round(code)).toBeGreaterThanOrEqual(0);
            expect(Math.round(code)).toBeLessThan(2 ** grid.bits);
          }
        }
      }
    }
  });

  test.each(PRUNERS)('%s: what is pruned is still zero when its codes are read', async (method) => {
    for (const symmetric of [false, true]) {
      const quantization = { ...grid, symmetric };
      const options = { method, sparsity: '2:4', quantization, damping: 0.01 };
      const { weight, quantized } = await solve(problem, options as CompressionOptions);
      const read = dequantize(quantized!);
      expect(read).toEqual(weight);
      for (const run of runsOf(problem, read, 4)) expect(zeros(run)).toBeGreaterThanOrEqual(2);
    }
  });
});

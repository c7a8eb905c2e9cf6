import { describe, expect, test } from 'vitest';
import { compressorOf } from '../../../src/core/compress/methods.ts';
import { createOrtAlgebra } from '../../../src/core/compress/ort-gemm.ts';
import type { CompressionOptions, Sparsity } from '../../../src/shared/compression.ts';
import { makeHessian, makeLayer } from './layer.ts';

const shape = { out: 24, in: 160, tokens: 400, sequences: 4, dead: [] };
const { weight, inputs } = makeLayer(99, shape);
const hessian = await makeHessian(inputs, shape);
const problem = { ...shape, weight, hessian };

const METHODS = ['magnitude', 'wanda', 'sparsegpt'] as const;
type Method = (typeof METHODS)[number];
const SPARSITIES = [0.1, 0.5, 0.77, '2:4', '4:8', '1:4', '5:16'] as const;

const optionsOf = (method: Method, sparsity: Sparsity, quantization: Grid = null) =>
  ({ method, sparsity, quantization, damping: 0.01 }) as CompressionOptions;
type Grid = Extract<CompressionOptions, { readonly method: 'wanda' }>['quantization'];
const prune = (method: Method, sparsity: Sparsity, quantization: Grid = null) =>
  compressorOf(optionsOf(method, sparsity, quantization)).compress(problem);

const zeros = (values: Float32Array) => values.filter((value) => value === 0).length;
const row = (values: Float32Array, o: number) => values.subarray(o * shape.in, (o + 1) * shape.in);
const grid = { bits: 4, groupSize: 16, symmetric: false, mse: false } as const;

for (const method of METHODS)
  describe(method, () => {
    for (const sparsity of SPARSITIES)
      test(`prunes ${sparsity} and no more`, async () => {
        const { weight: left } = await prune(method, sparsity);
        if (typeof sparsity === 'string') {
          const [n, m] = sparsity.split(':').map(Number) as [number, number];
          for (let at = 0; at < left.length; at += m)
            expect(zeros(left.subarray(at, at + m))).toBe(n);
        } else if (method === 'wanda')
          for (let o = 0; o < shape.out; o++)
            expect(Math.abs(zeros(row(left, o)) - sparsity * shape.in)).toBeLessThan(1);
        else expect(Math.abs(zeros(left) - sparsity * left.length)).toBeLessThan(1);
      });

    test('codes of pruned weights decode to zero, in grids that contain it', async () => {
      for (const symmetric of [false, true]) {
        const { weight: left, quantized } = await prune(method, '2:4', { ...grid, symmetric });
        for (let at = 0; at < left.length; at += 4)
          expect(zeros(left.subarray(at, at + 4))).toBeGreaterThanOrEqual(2);
        expect(quantized!.codes.every((code) => code < 16)).toBe(true);
      }
    });

    test('changes neither the weight nor the Hessian', async () => {
      const before = [weight.slice(), hessian.slice()];
      await prune(method, 0.5, grid);
      expect([weight, hessian]).toEqual(before);
    });
  });

// Correlated inputs of unequal size: what the method looks at pays.
test.each(SPARSITIES)('at %s: SparseGPT ≤ Wanda ≤ magnitude', async (sparsity) => {
  const errors = await Promise.all(METHODS.map(async (m) => (await prune(m, sparsity)).error));
  expect(errors).toEqual(errors.toSorted((a, b) => b - a));
  expect(errors[2]).toBeGreaterThan(0);
});

test('one error for both: joint SparseGPT beats pruning first and rounding after', async () => {
  const coarse = { ...grid, bits: 2 } as const;
  const joint = await prune('sparsegpt', '2:4', coarse);
  const { weight: pruned } = await prune('sparsegpt', '2:4');
  const rounded = await compressorOf({ method: 'rtn', ...coarse }).compress({
    ...problem,
    weight: pruned,
  });
  const apart = await errorOf(rounded.weight);
  expect(joint.error).toBeLessThan(apart);
});

/** Squared output error of `left` on the inputs, as a share of the output's energy. */
async function errorOf(left: Float32Array): Promise<number> {
  let [lost, whole] = [0, 0];
  for (let t = 0; t < shape.tokens; t++)
    for (let o = 0; o < shape.out; o++) {
      let [y, difference] = [0, 0];
      for (let i = 0; i < shape.in; i++) {
        const x = inputs[t * shape.in + i]!;
        y += weight[o * shape.in + i]! * x;
        difference += (weight[o * shape.in + i]! - left[o * shape.in + i]!) * x;
      }
      lost += difference ** 2;
      whole += y ** 2;
    }
  return lost / whole;
}

test('the reported error is what the inputs really see', async () => {
  const { weight: left, error } = await prune('sparsegpt', 0.5);
  expect(Math.abs(error / (await errorOf(left)) - 1)).toBeLessThan(1e-4);
});

test('a shared factor and the fast algebra change nothing but rounding', async () => {
  const algebra = createOrtAlgebra(1);
  const compressor = compressorOf(optionsOf('sparsegpt', 0.5));
  const factor = await compressor.prepare!(hessian, shape.in, algebra);
  const fast = await compressor.compress({ ...problem, factor }, algebra);
  await algebra.release();
  expect(Math.abs(fast.error / (await prune('sparsegpt', 0.5)).error - 1)).toBeLessThan(1e-3);
});

import { describe, expect, test } from 'vitest';
import { type Gemm, type GemmShape, plainGemm } from '../../../src/core/compress/gemm.ts';
import { createRandom } from '../../../src/core/random.ts';

const random = createRandom(7);
const filled = <T extends Float32Array | Float64Array>(Type: { new (n: number): T }, n: number) =>
  new Type(n).map(() => random.normal()) as T;

function reference(
  c: Float64Array | Float32Array,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  shape: GemmShape,
): Float64Array {
  const { m, n, k, alpha, beta, transposeA, transposeB } = shape;
  const result = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++)
        sum += a[transposeA ? p * m + i : i * k + p]! * b[transposeB ? j * k + p : p * n + j]!;
      result[i * n + j] = alpha * sum + beta * c[i * n + j]!;
    }
  return result;
}

const shapes: readonly GemmShape[] = [
  { m: 1, n: 1, k: 1, alpha: 1, beta: 0 },
  { m: 5, n: 7, k: 9, alpha: 1, beta: 0 },
  { m: 5, n: 7, k: 9, alpha: -1, beta: 1, transposeB: true },
  { m: 6, n: 3, k: 11, alpha: 1, beta: 1, transposeA: true },
  { m: 9, n: 270, k: 300, alpha: 1, beta: 0 },
  { m: 4, n: 258, k: 257, alpha: -1, beta: 1, transposeA: true, transposeB: true },
];

async function expectEqual<T extends Float32Array | Float64Array>(
  gemm: Gemm<T>,
  Type: { new (n: number): T },
  shape: GemmShape,
  tolerance: number,
): Promise<void> {
  const { m, n, k } = shape;
  const c = filled(Type, m * n);
  const a = filled(Type, m * k);
  const b = filled(Type, k * n);
  const expected = reference(c, a, b, shape);
  await gemm(c, a, b, shape);
  const worst = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - c[i]!)), 0);
  expect(worst).toBeLessThan(tolerance);
}

describe('plainGemm', () => {
  for (const shape of shapes)
    test(JSON.stringify(shape), async () => {
      await expectEqual(plainGemm<Float64Array>, Float64Array, shape, 1e-11);
      await expectEqual(plainGemm<Float32Array>, Float32Array, shape, 1e-4);
    });
});

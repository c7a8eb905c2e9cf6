import { afterAll, describe, expect, test } from 'vitest';
import { inverseFactor } from '../../../src/core/compress/factor.ts';
import { type GemmShape, plainAlgebra } from '../../../src/core/compress/gemm.ts';
import { gptq } from '../../../src/core/compress/gptq.ts';
import { createOrtAlgebra } from '../../../src/core/compress/ort-gemm.ts';
import { createRandom } from '../../../src/core/random.ts';
import { makeHessian, makeLayer } from './layer.ts';

const algebra = createOrtAlgebra(2);
afterAll(() => algebra.release());

const random = createRandom(21);
const doubles = (n: number) => new Float64Array(n).map(() => random.normal());

describe('the ONNX Runtime algebra equals the plain one', () => {
  const size = { m: 70, n: 90, k: 50 };
  for (const shape of [
    { ...size, alpha: 1, beta: 0 },
    { ...size, alpha: -1, beta: 1, transposeB: true },
    { ...size, alpha: 1, beta: 0, transposeA: true },
  ] satisfies GemmShape[])
    test(`Gemm ${JSON.stringify(shape)}`, async () => {
      const [a, b, c] = [doubles(70 * 50), doubles(90 * 50), doubles(70 * 90)];
      // Arrays longer than the matrix: only its own part may change.
      const longer = new Float64Array(70 * 90 + 5).fill(7);
      longer.set(c);
      await algebra.gemm64(longer, a, b, shape);
      await plainAlgebra.gemm64(c, a, b, shape);
      const worst = c.reduce((max, value, i) => Math.max(max, Math.abs(value - longer[i]!)), 0);
      expect(worst).toBeLessThan(1e-12);
      expect([...longer.subarray(70 * 90)]).toEqual([7, 7, 7, 7, 7]);
      const [c32, a32, b32] = [c, a, b].map((x) => Float32Array.from(x)) as Float32Array[];
      const own = c32!.slice();
      await algebra.gemm(own, a32!, b32!, shape);
      await plainAlgebra.gemm(c32!, a32!, b32!, shape);
      expect(c32!.every((value, i) => Math.abs(value - own[i]!) < 1e-4)).toBe(true);
    });

  const shape = { out: 64, in: 480, tokens: 600, sequences: 3, dead: [100] };
  const { weight, inputs } = makeLayer(31, shape);

  test('factor of H⁻¹', async () => {
    const hessian = await makeHessian(inputs, shape);
    const expected = (await inverseFactor(hessian, shape.in, 1))!;
    const found = (await inverseFactor(hessian, shape.in, 1, algebra))!;
    const worst = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - found[i]!)), 0);
    expect(worst).toBeLessThan(1e-12);
  });

  test('GPTQ codes', async () => {
    const hessian = await makeHessian(inputs, shape);
    const options = {
      bits: 3,
      groupSize: 96,
      symmetric: false,
      mse: false,
      actOrder: true,
      staticGroups: false,
      damping: 0.01,
    } as const;
    const problem = { ...shape, weight, hessian };
    const plain = await gptq(options).compress(problem);
    const fast = await gptq(options).compress(problem, algebra);
    const codes = plain.quantized!.codes;
    const same = codes.filter((code, i) => code === fast.quantized!.codes[i]).length;
    // Sums in another order can tip a weight that sits between two codes, and what follows it.
    expect(same / codes.length).toBeGreaterThan(0.999);
    expect(Math.abs(fast.error / plain.error - 1)).toBeLessThan(1e-3);
  });
});

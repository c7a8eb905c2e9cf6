import { describe, expect, test } from 'vitest';
import { inverseFactor } from '../../../src/core/compress/factor.ts';
import { plainAlgebra } from '../../../src/core/compress/gemm.ts';
import { createRandom } from '../../../src/core/random.ts';

const panels = (width: number) => ({ ...plainAlgebra, panelWidth: () => width });

/** XᵀX of `rank` random inputs. */
function gram(n: number, rank: number): Float32Array {
  const random = createRandom(n, 'gram');
  const rows = Array.from({ length: rank }, () => Float64Array.from({ length: n }, random.normal));
  const h = new Float32Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) h[i * n + j] = rows.reduce((s, x) => s + x[i]! * x[j]!, 0);
  return h;
}

/** Gauss–Jordan inverse: slow, obvious, and nothing like the code under test. */
function inverse(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice();
  const inv = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  for (let p = 0; p < n; p++) {
    const pivot = a[p * n + p]!;
    for (let j = 0; j < n; j++) {
      a[p * n + j]! /= pivot;
      inv[p * n + j]! /= pivot;
    }
    for (let i = 0; i < n; i++) {
      const factor = a[i * n + p]!;
      if (i === p || factor === 0) continue;
      for (let j = 0; j < n; j++) {
        a[i * n + j]! -= factor * a[p * n + j]!;
        inv[i * n + j]! -= factor * inv[p * n + j]!;
      }
    }
  }
  return inv;
}

/** Textbook lower Cholesky. */
function cholesky(a: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / lower[j * n + j]!;
    }
  return lower;
}

describe('inverseFactor', () => {
  // One panel, several, a ragged last one, and a last one of width 1.
  for (const [n, width] of [
    [16, 64],
    [48, 16],
    [50, 16],
    [33, 16],
  ] as const) {
    test(`equals the naive inverse's Cholesky factor, n ${n} panels of ${width}`, async () => {
      const h = gram(n, n + 8);
      const damped = Float64Array.from(h, (v, i) => v + (i % (n + 1) === 0 ? 0.5 : 0));
      const lower = cholesky(inverse(damped, n), n);
      const upper = (await inverseFactor(h, n, 0.5, panels(width)))!;
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++)
          expect(Math.abs(upper[i * n + j]! - lower[j * n + i]!)).toBeLessThan(1e-9);
    });
  }

  test('says so when the matrix is not positive definite', async () => {
    expect(await inverseFactor(gram(24, 8), 24, 0, panels(8))).toBeUndefined();
    const indefinite = Float32Array.of(1, 2, 2, 1);
    expect(await inverseFactor(indefinite, 2, 0)).toBeUndefined();
    expect(await inverseFactor(indefinite, 2, 2)).toBeDefined();
  });
});

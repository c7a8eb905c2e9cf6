/// <reference lib="es2025.float16" />
import { describe, expect, test } from 'vitest';
import { encode, fitGrid, roundHalfEven } from '../../../src/core/compress/grid.ts';

const values = Float32Array.of(-0.3, 0.1, 0.7, 0.2);
const fit = (data: Float32Array, options: Partial<Parameters<typeof fitGrid>[3]> = {}) =>
  fitGrid(data, 0, data.length, { bits: 4, symmetric: false, mse: false, ...options });

test('rounds halves to even, unlike Math.round', () => {
  const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
  expect(halves.map(roundHalfEven).map((x) => x + 0)).toEqual([-2, -2, 0, 0, 2, 2, 4]);
  expect(roundHalfEven(2.4999999)).toBe(2);
  expect(roundHalfEven(-127.6)).toBe(-128);
});

describe('fitGrid', () => {
  test('scales are fp16 values, so what is stored is what was solved', () => {
    for (const symmetric of [false, true])
      for (const mse of [false, true]) {
        const { scale } = fit(values, { symmetric, mse });
        expect(Math.f16round(scale)).toBe(scale);
      }
  });

  test('asymmetric range covers zero', () => {
    const { scale, zero } = fit(Float32Array.of(0.5, 1.5), { bits: 2 });
    expect({ scale, zero }).toEqual({ scale: 0.5, zero: 0 });
    expect(fit(Float32Array.of(-1.5, -0.5), { bits: 2 })).toEqual({ scale: 0.5, zero: 3 });
  });

  test('symmetric zero is the middle code, whatever the signs', () => {
    expect(fit(Float32Array.of(1.5, 3), { bits: 3, symmetric: true })).toEqual({
      scale: Math.f16round(6 / 7),
      zero: 4,
    });
  });

  test('a row of zeros decodes to zeros', () => {
    const { scale, zero } = fit(new Float32Array(8));
    expect(encode(0, scale, zero, 15)).toBe(zero);
    expect(scale).toBeGreaterThan(0);
  });

  test('weights below and above fp16 keep a usable scale', () => {
    expect(fit(Float32Array.of(1e-12, -1e-12)).scale).toBe(2 ** -24);
    expect(fit(Float32Array.of(1e9, -1e9)).scale).toBe(65504);
  });

  test('the mse search never fits worse than the full range', () => {
    const outlier = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * 1.7) * 0.1);
    outlier[9] = 1;
    const loss = (mse: boolean) => {
      const { scale, zero } = fit(outlier, { bits: 3, mse });
      return outlier.reduce(
        (sum, w) => sum + Math.abs(scale * (encode(w, scale, zero, 7) - zero) - w) ** 2.4,
        0,
      );
    };
    expect(loss(true)).toBeLessThan(loss(false));
  });
});

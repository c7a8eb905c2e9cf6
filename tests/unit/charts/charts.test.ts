import { describe, expect, it } from 'vitest';
import { markPath } from '../../../src/shared/chart/mark.ts';
import { linearScale } from '../../../src/shared/chart/scale.ts';

const pixels = { from: 0, to: 100 };

describe('a linear axis', () => {
  it('has round ticks around its values, and maps its ends to its pixels', () => {
    const scale = linearScale([0.13, 0.87], pixels);
    expect(scale.ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(scale(0)).toBe(0);
    expect(scale(1)).toBe(100);
    expect(scale(0.5)).toBeCloseTo(50, 12);
  });

  it('has ticks without rounding dust', () => {
    expect(linearScale([0, 0.3], pixels, 3).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  });

  it('gives a single value room, also when it is nought or below', () => {
    for (const value of [0, 5, -3]) {
      const scale = linearScale([value], pixels);
      expect(scale(value)).toBeGreaterThan(0);
      expect(scale(value)).toBeLessThan(100);
    }
  });

  it('survives having nothing, or nothing finite, to show', () => {
    for (const values of [[], [Number.NaN, Number.POSITIVE_INFINITY]]) {
      const scale = linearScale(values, pixels);
      expect(scale.ticks.every(Number.isFinite)).toBe(true);
      expect(scale(0.5)).toBeCloseTo(50, 9);
    }
  });

  it('runs upwards where its pixels do', () => {
    const scale = linearScale([0, 1], { from: 100, to: 0 });
    expect(scale(0)).toBe(100);
    expect(scale(1)).toBe(0);
  });
});

it('every mark is a closed outline around its point', () => {
  for (const mark of ['circle', 'square', 'diamond', 'triangle', 'cross'] as const) {
    expect(markPath(mark, 10, 20)).toMatch(/^M[\d.]+,[\d.]+.*Z$/i);
  }
});

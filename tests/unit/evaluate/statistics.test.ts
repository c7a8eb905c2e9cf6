import { describe, expect, it } from 'vitest';
import {
  estimate,
  estimateOverTasks,
  mcnemar,
  quantile,
} from '../../../src/core/evaluate/statistics.ts';
import golden from '../../fixtures/statistics/golden.json' with { type: 'json' };

describe('estimate', () => {
  it('agrees with scipy', () => {
    const { mean, standardError, count } = estimate(golden.sample);
    expect(mean).toBeCloseTo(golden.mean, 12);
    expect(standardError).toBeCloseTo(golden.standardError, 12);
    expect(count).toBe(17);
  });

  it('claims no standard error from one value, and refuses none', () => {
    expect(estimate([1]).standardError).toBeUndefined();
    expect(() => estimate([])).toThrow(RangeError);
  });

  it('weighs tasks equally and adds their variances', () => {
    const tasks = [
      { mean: 0.5, standardError: 0.03, count: 100 },
      { mean: 0.9, standardError: 0.04, count: 5 },
    ];
    const all = estimateOverTasks(tasks);
    expect(all.mean).toBeCloseTo(0.7, 12);
    expect(all.standardError).toBeCloseTo(0.025, 12);
    expect(all.count).toBe(105);
    const unknown = estimateOverTasks([...tasks, estimate([1])]);
    expect(unknown.standardError).toBeUndefined();
  });
});

describe('quantile', () => {
  it('interpolates as numpy does', () => {
    const ascending = golden.sample.toSorted((a, b) => a - b);
    for (const [q, expected] of Object.entries(golden.quantiles)) {
      expect(quantile(ascending, Number(q))).toBeCloseTo(expected, 12);
    }
  });
});

describe('mcnemar', () => {
  it.each(golden.mcnemar)('agrees with scipy for $first against $second', (pair) => {
    const both = [1, 1, 0];
    const first = [...both, ...Array(pair.first).fill(1), ...Array(pair.second).fill(0)];
    const second = [...both, ...Array(pair.first).fill(0), ...Array(pair.second).fill(1)];
    const result = mcnemar(first, second);
    expect(result.onlyFirst).toBe(pair.first);
    expect(result.onlySecond).toBe(pair.second);
    expect(result.pValue / pair.p).toBeCloseTo(1, 8);
  });
});

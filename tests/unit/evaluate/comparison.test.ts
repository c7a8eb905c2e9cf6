import { describe, expect, it } from 'vitest';
import { compareArms } from '../../../src/core/evaluate/comparison.ts';
import { holm, mcnemar } from '../../../src/core/evaluate/statistics.ts';
import golden from '../../fixtures/statistics/holm.json' with { type: 'json' };

describe('against statsmodels', () => {
  it('Holm corrects p-values', () => {
    for (const { p, adjusted } of golden.holm)
      holm(p).forEach((value, i) => {
        expect(value).toBeCloseTo(adjusted[i]!, 12);
      });
  });

  it('McNemar tests paired answers exactly', () => {
    for (const { first, second, p } of golden.mcnemar)
      expect(mcnemar(first, second).pValue).toBeCloseTo(p, 10);
  });
});

describe('two arms', () => {
  const tasks = [...Array(40).fill('a'), ...Array(20).fill('b')];
  const options = { resamples: 500, seed: 1 };
  /** Wrong everywhere, and right on the whole of task a. */
  const first = [tasks.map(() => 0)];
  const second = [tasks.map((task) => (task === 'a' ? 1 : 0))];

  it('differ by task, with the mean over tasks', () => {
    const { difference, pValue, tasks: byTask } = compareArms(tasks, first, second, options);
    expect(difference.value).toBe(0.5);
    expect(difference.interval).toMatchObject({ low: 0.5, high: 0.5 });
    expect(pValue).toBeCloseTo(2 * 0.5 ** 40, 15);
    expect(byTask['a']).toMatchObject({ difference: 1, pValue: 2 * 0.5 ** 40 });
    expect(byTask['a']!.adjusted).toBeCloseTo(4 * 0.5 ** 40, 15);
    expect(byTask['b']).toEqual({ difference: 0, pValue: 1, adjusted: 1 });
  });

  it('do not become surer by repeating the same seed', () => {
    const half = [tasks.map((_, i) => (i % 3 === 0 ? 1 : 0))];
    const once = compareArms(tasks, first, half, options);
    const thrice = compareArms(tasks, first, [half[0]!, half[0]!, half[0]!], options);
    expect(thrice.pValue).toBe(once.pValue);
    expect(thrice.difference.value).toBeCloseTo(once.difference.value, 12);
    const width = ({ interval }: typeof once.difference) => interval.high - interval.low;
    expect(width(thrice.difference)).toBeGreaterThan(0.9 * width(once.difference));
  });
});

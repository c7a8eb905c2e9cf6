import { describe, expect, it } from 'vitest';
import { recovery } from '../../../src/core/evaluate/recovery.ts';
import { pairedDifference } from '../../../src/core/evaluate/statistics-bootstrap.ts';
import golden from '../../fixtures/statistics/golden.json' with { type: 'json' };

/** The fixture's [task][arm][input] with the tasks' inputs interleaved, as evaluation may order them. */
const seeds = golden.seeds.map((tasks) => {
  const rows = Object.entries(tasks).flatMap(([task, [original, compressed, repaired]]) =>
    original!.map((score, i) => ({
      task,
      original: score,
      compressed: compressed![i]!,
      repaired: repaired![i]!,
    })),
  );
  const mixed = rows.map((_, i) => rows[(i * 37) % rows.length]!);
  return {
    tasks: mixed.map((row) => row.task),
    original: mixed.map((row) => row.original),
    compressed: mixed.map((row) => row.compressed),
    repaired: mixed.map((row) => row.repaired),
  };
});

const pairs = seeds.map(({ tasks, compressed, repaired }) => ({
  tasks,
  pair: [compressed, repaired] as const,
}));
const options = { resamples: 10_000, seed: 3 };

/** Monte-Carlo noise of an interval's end at these resamples is near 1% of the interval's width. */
function expectInterval(actual: { low: number; high: number }, [low, high]: number[]) {
  const width = high! - low!;
  expect(Math.abs(actual.low - low!) / width).toBeLessThan(0.05);
  expect(Math.abs(actual.high - high!) / width).toBeLessThan(0.05);
}

describe('paired bootstrap', () => {
  it('agrees with numpy over the inputs of one seed', () => {
    const { value, interval } = pairedDifference(pairs.slice(0, 1), options);
    expect(value).toBeCloseTo(golden.oneSeed.difference.value, 12);
    expectInterval(interval, golden.oneSeed.difference.interval);
  });

  it('agrees with numpy over seeds and inputs', () => {
    const { value, interval } = pairedDifference(pairs, options);
    expect(value).toBeCloseTo(golden.allSeeds.difference.value, 12);
    expectInterval(interval, golden.allSeeds.difference.interval);
  });

  it('repeats with its seed and moves with another', () => {
    const once = pairedDifference(pairs, { resamples: 50, seed: 1 });
    expect(pairedDifference(pairs, { resamples: 50, seed: 1 })).toEqual(once);
    expect(pairedDifference(pairs, { resamples: 50, seed: 2 }).interval).not.toEqual(once.interval);
  });

  it('refuses arms measured on different inputs', () => {
    const uneven = [{ tasks: ['a', 'a'], pair: [[1, 0], [1]] as const }];
    expect(() => pairedDifference(uneven)).toThrow('arms differ in inputs');
    const others = [pairs[0]!, { tasks: ['a'], pair: [[1], [0]] as const }];
    expect(() => pairedDifference(others)).toThrow('seeds differ in inputs');
  });
});

describe('recovery', () => {
  it('agrees with numpy on one seed and on several', () => {
    for (const [scores, expected] of [
      [seeds.slice(0, 1), golden.oneSeed.recovery],
      [seeds, golden.allSeeds.recovery],
    ] as const) {
      const result = recovery(scores, options);
      if (result.kind !== 'recovered') throw new Error(result.kind);
      expect(result.share).toBeCloseTo(expected.value, 12);
      expectInterval(result.interval, expected.interval);
    }
  });

  it('is no number when nothing was lost', () => {
    const [scores] = seeds;
    const { tasks, original, repaired } = scores!;
    const result = recovery([{ tasks, original, compressed: original, repaired }]);
    expect(result.kind).toBe('nothing-lost');
    expect(result).not.toHaveProperty('share');
  });

  it('gives no interval when the loss itself may be chance', () => {
    const tasks = Array(40).fill('a');
    const original = tasks.map((_, i) => (i < 20 ? 1 : 0));
    const compressed = tasks.map((_, i) => (i > 0 && i < 20 ? 1 : 0));
    const result = recovery([{ tasks, original, compressed, repaired: original }]);
    expect(result).toMatchObject({ kind: 'unbounded', share: 1 });
  });

  it('counts resamples that lost nothing as the most extreme ones', () => {
    // Four of 400 answers were lost; one resample in 55 has none of them, which alone is most of a tail.
    const tasks = Array(400).fill('a');
    const lostOnes = tasks.map((_, i) => i < 4);
    const neverKnown = tasks.map((_, i) => i >= 4 && i < 14);
    const original = tasks.map((_, i) => (neverKnown[i] ? 0 : 1));
    const compressed = tasks.map((_, i) => (neverKnown[i] || lostOnes[i] ? 0 : 1));
    const repaired = tasks.map((_, i) => (lostOnes[i] ? 0 : 1));
    const result = recovery([{ tasks, original, compressed, repaired }], options);
    if (result.kind !== 'recovered') throw new Error(result.kind);
    expect(result.share).toBeCloseTo(2.5, 12);
    // Without them the end would be near 11: ten regained for one lost.
    expect(result.interval.high).toBeGreaterThan(12.5);
  });
});

import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../src/core/tune/schedule.ts';

describe('createSchedule', () => {
  it('rises over the warm-up and falls linearly to the floor', () => {
    const rate = createSchedule({ kind: 'linear', peak: 1, warmup: 4, steps: 12 });
    expect([0, 1, 3, 4, 8, 12, 50].map(rate)).toEqual([0.25, 0.5, 1, 1, 0.5, 0, 0]);
  });

  it('falls as half a cosine between peak and floor', () => {
    const rate = createSchedule({ kind: 'cosine', peak: 3, warmup: 0, steps: 100, floor: 1 });
    expect(rate(0)).toBe(3);
    expect(rate(25)).toBeCloseTo(1 + 2 * 0.8535534, 6);
    expect(rate(50)).toBeCloseTo(2, 12);
    expect(rate(100)).toBeCloseTo(1, 12);
  });

  it('is defined when the warm-up is as long as the run', () => {
    const rate = createSchedule({ kind: 'linear', peak: 1, warmup: 5, steps: 5 });
    expect([4, 5].map(rate)).toEqual([1, 1]);
  });
});

import { describe, expect, it } from 'vitest';
import { columnName } from '../../../src/renderer/compare/columns.ts';
import {
  accuracyAgainst,
  comparedArms,
  taskGroups,
} from '../../../src/renderer/compare/compared-arms.ts';
import { accuracyInterval } from '../../../src/shared/chart/interval.ts';
import type { ComparedRun, InputArm } from '../../../src/shared/contract/compare.ts';
import { results, timings } from '../electron/results.ts';

const run = (id: string, finished = true): ComparedRun => ({
  id,
  name: `Run ${id}`,
  createdAt: 0,
  recipe: null,
  modelHash: null,
  device: null,
  outcome: finished ? { results, timings } : null,
});

describe('arms of compared runs', () => {
  it('carry the name of their run only beside others, whose colours are paler', () => {
    expect(comparedArms([run('a')]).map(({ series }) => series.name)).toContain('compressed');
    const both = comparedArms([run('a'), run('b')]);
    expect(both).toHaveLength(2 * results.arms.length);
    expect(both[0]!.series).toMatchObject({ name: 'Run a: original', opacity: 1 });
    expect(both.at(-1)!.series.opacity).toBeLessThan(1);
    expect(new Set(both.map(({ series }) => series.key)).size).toBe(both.length);
  });

  it('of a run without results are none', () => {
    expect(comparedArms([run('a', false)])).toEqual([]);
  });

  it('are measured by task, the mean over tasks first', () => {
    const groups = taskGroups(comparedArms([run('a')]));
    expect(groups.map(({ name }) => name)).toEqual(['all tasks', 'capitals', 'elements']);
    expect(groups[1]!.bars.map((bar) => bar?.value)).toEqual([0.9, 0.7, 0.8]);
    expect(groups[2]!.bars[0]).toEqual({ value: 0.9, low: null, high: null });
  });

  it('without a measured cost are left out of what accuracy costs', () => {
    const points = accuracyAgainst(comparedArms([run('a')]), ({ milliseconds }) => milliseconds);
    expect(points.map(({ x, series }) => [series.name, x])).toEqual([
      ['original', 1.5],
      ['compressed', 0.75],
    ]);
  });
});

it('an interval of an accuracy stays between 0 and 1', () => {
  const interval = accuracyInterval({ mean: 0.98, standardError: 0.05, count: 10 });
  expect(interval.high).toBe(1);
  expect(interval.low).toBeCloseTo(0.882, 9);
});

it('a column tells run and seed only where there are several', () => {
  const column = (runId: string, seed: number): InputArm => ({
    runId,
    seed,
    arm: { id: 'idp', label: '+ IDP bank', weightsHash: 'w' },
    prompts: [],
  });
  const one = column('a', 0);
  expect(columnName(one, [one], [run('a')])).toBe('+ IDP bank');
  const seeds = [one, column('a', 1)];
  expect(columnName(seeds[1]!, seeds, [run('a')])).toBe('+ IDP bank, seed 1');
  const runs = [one, column('b', 0)];
  expect(columnName(runs[1]!, runs, [run('a'), run('b')])).toBe('Run b: + IDP bank');
});

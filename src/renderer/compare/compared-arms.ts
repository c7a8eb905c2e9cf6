import { accuracyInterval } from '../../shared/chart/interval.ts';
import type { ComparedRun } from '../../shared/contract/compare.ts';
import type { ArmResult, Estimate, TaskTitles } from '../../shared/results.ts';
import type { BarGroup } from '../charts/bar-chart.tsx';
import { armColour, armMark } from '../charts/palette.ts';
import type { Point } from '../charts/scatter-chart.tsx';
import type { Series } from '../charts/series.ts';

/** One arm of one of the runs that are compared. */
export interface ComparedArm {
  readonly run: ComparedRun;
  readonly result: ArmResult;
  /** Per input; null where it was not measured. */
  readonly milliseconds: number | null;
  readonly series: Series;
}

const PALEST = 0.3;

export function comparedArms(runs: readonly ComparedRun[]): ComparedArm[] {
  const many = runs.length > 1;
  return runs.flatMap((run, index) =>
    (run.outcome?.results.arms ?? []).map((result) => {
      const { id, label } = result.arm;
      const series = {
        key: `${run.id} ${id}`,
        name: many ? `${run.name}: ${label}` : label,
        colour: armColour(id),
        mark: armMark(id),
        opacity: Math.max(PALEST, 1 - index * 0.35),
      };
      const milliseconds = run.outcome?.timings.millisecondsPerInput[id] ?? null;
      return { run, result, milliseconds, series };
    }),
  );
}

/** What the tasks of any of the runs are called. */
export const titlesOf = (runs: readonly ComparedRun[]): TaskTitles =>
  Object.assign({}, ...runs.map(({ outcome }) => outcome?.results.taskTitles));

/** A group per task that any arm was measured on, the mean over tasks first. */
export function taskGroups(arms: readonly ComparedArm[]): BarGroup[] {
  const tasks = new Set(arms.flatMap(({ result }) => Object.keys(result.tasks)));
  const bar = (estimate: Estimate | undefined) =>
    estimate === undefined ? null : accuracyInterval(estimate);
  return [
    { name: 'all tasks', bars: arms.map(({ result }) => bar(result.mean)) },
    ...[...tasks].map((name) => ({
      name,
      bars: arms.map(({ result }) => bar(result.tasks[name])),
    })),
  ];
}

/** Accuracy against some cost; arms without that cost are left out. */
export function accuracyAgainst(
  arms: readonly ComparedArm[],
  cost: (arm: ComparedArm) => number | null,
): Point[] {
  return arms.flatMap((arm) => {
    const x = cost(arm);
    if (x === null) return [];
    const { value, low, high } = accuracyInterval(arm.result.mean);
    return [{ series: arm.series, x, y: value, low, high }];
  });
}

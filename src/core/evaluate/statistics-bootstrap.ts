import type { Interval } from '../../shared/results.ts';
import { createRandom, type Random } from '../random.ts';
import { mean, quantile } from './statistics.ts';

/** What one seed (one tuning run) measured: several arms' scores on the same inputs. */
export interface SeedScores {
  /** Task of each input; resampling keeps every task's number of inputs. */
  readonly tasks: readonly string[];
  /** scores[arm][input]: all arms in the same order of inputs. */
  readonly scores: readonly ArrayLike<number>[];
}

export interface BootstrapOptions {
  readonly resamples?: number;
  readonly level?: number;
  readonly seed?: number;
}

/** From each arm's score (mean over tasks of the task's mean) to the number of interest. */
export type Statistic = (arms: readonly number[]) => number;

/**
 * Values of the statistic under resampling, unsorted. Paired: one draw of inputs serves all arms.
 * Stratified: inputs are drawn within their task. With several seeds, seeds are drawn too; every
 * seed was asked the same inputs, so one draw of inputs serves all of them (Owen 2007, The pigeonhole
 * bootstrap), and the arms' means are averaged over the seeds before the statistic.
 */
export function bootstrapValues(
  seeds: readonly SeedScores[],
  statistic: Statistic,
  { resamples = 2000, seed = 0 }: BootstrapOptions = {},
): Float64Array {
  const random = createRandom(seed, 'bootstrap');
  const strata = seeds.map(groupByTask);
  refuseOtherInputs(strata);
  const values = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    const drawn = strata.length === 1 ? strata : strata.map(() => random.pick(strata));
    values[r] = statistic(averageArms(resampledTasks(drawn, random)));
  }
  return values;
}

/** The statistic on the scores themselves, with the same weighting as under resampling. */
export function pointValue(seeds: readonly SeedScores[], statistic: Statistic): number {
  return statistic(averageArms(seeds.map((scores) => taskMeans(groupByTask(scores)))));
}

/** Percentile interval of resampled values; an end that falls among infinite ones is not finite. */
export function percentileInterval(values: Float64Array, level = 0.95): Interval {
  const ascending = values.toSorted();
  const tail = (1 - level) / 2;
  return { low: quantile(ascending, tail), high: quantile(ascending, 1 - tail), level };
}

export interface Difference {
  readonly value: number;
  readonly interval: Interval;
}

/** Second arm minus first arm on paired inputs, with its bootstrap interval. */
export function pairedDifference(
  seeds: readonly { readonly tasks: readonly string[]; readonly pair: Pair }[],
  options: BootstrapOptions = {},
): Difference {
  const scores = seeds.map(({ tasks, pair }) => ({ tasks, scores: pair }));
  const difference: Statistic = ([first, second]) => second! - first!;
  return {
    value: pointValue(scores, difference),
    interval: percentileInterval(bootstrapValues(scores, difference, options), options.level),
  };
}

export type Pair = readonly [first: ArrayLike<number>, second: ArrayLike<number>];

/** [task][arm] → the scores of that task's inputs. */
type Strata = readonly (readonly Float64Array[])[];

function groupByTask({ tasks, scores }: SeedScores): Strata {
  if (tasks.length === 0) throw new RangeError('bootstrap: no inputs');
  for (const arm of scores) {
    if (arm.length !== tasks.length) throw new RangeError('bootstrap: arms differ in inputs');
  }
  const inputs = Map.groupBy(tasks.keys(), (input) => tasks[input]!);
  return [...inputs.values()].map((rows) =>
    scores.map((arm) => Float64Array.from(rows, (row) => arm[row]!)),
  );
}

function taskMeans(strata: Strata): number[] {
  return averageArms(strata.map((arms) => arms.map((scores) => mean(scores))));
}

/** Each task's means over one draw of its inputs, averaged over the seeds: [task][arm]. */
function resampledTasks(seeds: readonly Strata[], random: Random): number[][] {
  return seeds[0]!.map(([scores], task) => {
    const { length } = scores!;
    const rows = Int32Array.from({ length }, () => random.integer(length));
    return averageArms(seeds.map((strata) => strata[task]!.map((arm) => meanAt(arm, rows))));
  });
}

function meanAt(scores: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (const row of rows) sum += scores[row]!;
  return sum / rows.length;
}

function refuseOtherInputs([first, ...others]: readonly Strata[]): void {
  const sizes = (strata: Strata) => strata.map(([scores]) => scores!.length).join();
  if (others.some((strata) => sizes(strata) !== sizes(first!)))
    throw new RangeError('bootstrap: seeds differ in inputs');
}

/** Mean over rows (tasks or seeds) of each arm's value. */
function averageArms(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, arm) => mean(rows.map((row) => row[arm]!)));
}

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
 * Stratified: inputs are drawn within their task. Two levels when there are several seeds: seeds
 * are drawn first, then inputs anew within each drawn seed, and the arms' means are averaged over
 * the seeds before the statistic (Efron & Tibshirani, An Introduction to the Bootstrap, ch. 8).
 */
export function bootstrapValues(
  seeds: readonly SeedScores[],
  statistic: Statistic,
  { resamples = 2000, seed = 0 }: BootstrapOptions = {},
): Float64Array {
  const random = createRandom(seed, 'bootstrap');
  const strata = seeds.map(groupByTask);
  const values = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    const drawn = strata.length === 1 ? strata : strata.map(() => random.pick(strata));
    values[r] = statistic(averageArms(drawn.map((group) => resampledMeans(group, random))));
  }
  return values;
}

/** The statistic on the scores themselves, with the same weighting as under resampling. */
export function pointValue(seeds: readonly SeedScores[], statistic: Statistic): number {
  return statistic(averageArms(seeds.map((scores) => taskMeans(groupByTask(scores)))));
}

/** Percentile interval of resampled values, which must all be finite. */
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

function resampledMeans(strata: Strata, random: Random): number[] {
  return averageArms(strata.map((arms) => resampledTask(arms, random)));
}

function resampledTask(arms: readonly Float64Array[], random: Random): number[] {
  const count = arms[0]!.length;
  const sums = arms.map(() => 0);
  for (let i = 0; i < count; i++) {
    const row = random.integer(count);
    for (let arm = 0; arm < sums.length; arm++) sums[arm]! += arms[arm]![row]!;
  }
  return sums.map((sum) => sum / count);
}

/** Mean over rows (tasks or seeds) of each arm's value. */
function averageArms(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, arm) => mean(rows.map((row) => row[arm]!)));
}

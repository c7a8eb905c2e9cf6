import { holm, mcnemar, mean } from './statistics.ts';
import {
  type BootstrapOptions,
  type Difference,
  pairedDifference,
} from './statistics-bootstrap.ts';

/** Right (1) or wrong (0) answers of one arm: by seed, then by input. */
export type SeedAnswers = readonly (readonly number[])[];

export interface TaskComparison {
  /** Accuracy of the second arm minus that of the first. */
  readonly difference: number;
  /** McNemar's exact test on this task alone. */
  readonly pValue: number;
  /** The same after Holm's correction for the number of tasks. */
  readonly adjusted: number;
}

export interface Comparison {
  /** Second minus first, every task weighing the same; the interval covers inputs and seeds. */
  readonly difference: Difference;
  /** McNemar's exact test over all inputs. */
  readonly pValue: number;
  readonly tasks: Readonly<Record<string, TaskComparison>>;
}

/**
 * Two arms on the same inputs. Answers of several seeds are not independent, so an input counts
 * once: for the tests an arm is better on an input when it is right with more of the seeds. An arm
 * without tuning has one seed, which stands beside each of the other's.
 * @param tasks of each input
 */
export function compareArms(
  tasks: readonly string[],
  first: SeedAnswers,
  second: SeedAnswers,
  options: BootstrapOptions = {},
): Comparison {
  const seeds = Math.max(first.length, second.length);
  const pairs = Array.from({ length: seeds }, (_, seed) => ({
    tasks,
    pair: [first[seed] ?? first[0]!, second[seed] ?? second[0]!] as const,
  }));
  const [a, b] = [pooled(first), pooled(second)];
  const byTask = [...Map.groupBy(tasks.keys(), (input) => tasks[input]!)].map(([task, inputs]) => {
    const mine = [...inputs].map((input) => a[input]!);
    const other = [...inputs].map((input) => b[input]!);
    return {
      task,
      difference: mean(other) - mean(mine),
      pValue: mcnemar(mine, other).pValue,
    };
  });
  const adjusted = holm(byTask.map(({ pValue }) => pValue));
  return {
    difference: pairedDifference(pairs, options),
    pValue: mcnemar(a, b).pValue,
    tasks: Object.fromEntries(
      byTask.map(({ task, ...rest }, i) => [task, { ...rest, adjusted: adjusted[i]! }]),
    ),
  };
}

/** Each input's mean over the seeds. */
const pooled = (seeds: SeedAnswers): number[] =>
  seeds[0]!.map((_, input) => mean(seeds.map((answers) => answers[input]!)));

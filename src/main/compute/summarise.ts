import { compareArms } from '../../core/evaluate/comparison.ts';
import { type RecoveryScores, recovery } from '../../core/evaluate/recovery.ts';
import { estimate, estimateOverTasks } from '../../core/evaluate/statistics.ts';
import type {
  Arm,
  ArmComparison,
  ArmId,
  ArmResult,
  Estimate,
  RunResults,
} from '../../shared/results.ts';
import type { Answer } from '../db/answers.ts';
import { verdict } from './verdict.ts';

/** Whether each input was answered rightly; all arms and seeds have the same inputs in one order. */
export interface Scored {
  readonly tasks: readonly string[];
  /** 0 or 1 by seed, then by input. Arms without tuning have one entry. */
  readonly correct: readonly (readonly number[])[];
}

/** By seed, the stored answers of one arm. */
export const toScored = (
  answers: readonly (readonly Pick<Answer, 'task' | 'correct'>[])[],
): Scored => ({
  tasks: answers[0]!.map(({ task }) => task),
  correct: answers.map((seed) => seed.map(({ correct }) => (correct ? 1 : 0))),
});

export interface ArmMeasurements {
  readonly arm: Arm;
  readonly scored: Scored;
  readonly perplexity: number | null;
  readonly extraParameters: number;
  readonly bytesOnDisk: number;
  readonly bytesInMemory: number;
}

export interface Compared {
  readonly seeds: readonly number[];
  /** Of the model, without what repairs add. */
  readonly parameters: number;
  /** Remarks of tuning that was cut short, by `bank@0`; empty when it ran its course. */
  readonly stopped: ReadonlyMap<string, string>;
}

/** Accuracies, recovery with its intervals, and the verdict. Deterministic. */
export function summarise(
  arms: readonly ArmMeasurements[],
  { seeds, parameters, stopped }: Compared,
  bootstrap: { readonly resamples: number; readonly seed: number },
): Omit<RunResults, 'selectors'> {
  const original = find(arms, 'original');
  const compressed = find(arms, 'compressed');
  const results = arms.map((arm): ArmResult => {
    if (arm !== original && arm !== compressed)
      return summariseRepair(arm, original.scored, compressed.scored, bootstrap);
    const { scored, ...rest } = arm;
    return { ...rest, ...accuracies(scored), recovery: null };
  });
  const comparisons = comparePairs(arms, bootstrap);
  const words = verdict(results, parameters, comparisons);
  const measured = { arms: results, comparisons, seeds, parameters };
  if (stopped.size === 0) return { ...measured, verdict: words };
  return {
    ...measured,
    stoppedEarly: Object.fromEntries(stopped),
    verdict: `Tuning was stopped early. ${words}`,
  };
}

/** Every pair of arms, the earlier one first. */
function comparePairs(
  arms: readonly ArmMeasurements[],
  bootstrap: { readonly resamples: number; readonly seed: number },
): ArmComparison[] {
  return arms.flatMap(({ arm: first, scored }, i) =>
    arms.slice(i + 1).map(({ arm: second, scored: other }) => ({
      first: first.id as ArmId,
      second: second.id as ArmId,
      ...compareArms(scored.tasks, scored.correct, other.correct, bootstrap),
    })),
  );
}

/** One repair beside the two arms that it stands between. */
export function summariseRepair(
  { scored, ...rest }: ArmMeasurements,
  original: Scored,
  compressed: Scored,
  bootstrap: { readonly resamples: number; readonly seed: number },
): ArmResult {
  const scores = recoveryScores(original, compressed, scored);
  return { ...rest, ...accuracies(scored), recovery: recovery(scores, bootstrap) };
}

function find(arms: readonly ArmMeasurements[], id: Arm['id']): ArmMeasurements {
  const found = arms.find(({ arm }) => arm.id === id);
  if (found === undefined) throw new Error(`the arm "${id}" was not measured`);
  return found;
}

/**
 * An input's score is its mean over the seeds, so that a standard error counts inputs once; what the
 * seeds differ by is added to it.
 */
export function accuracies({ tasks, correct }: Scored): Pick<ArmResult, 'tasks' | 'mean'> {
  const scores = tasks.map((_, input) => average(correct.map((seed) => seed[input]!)));
  const byTask = [...Map.groupBy(tasks.keys(), (input) => tasks[input]!)].map(([task, inputs]) => {
    const rows = [...inputs];
    const bySeed = correct.map((seed) => average(rows.map((input) => seed[input]!)));
    return { task, bySeed, value: estimate(rows.map((input) => scores[input]!)) };
  });
  const means = correct.map((_, seed) => average(byTask.map(({ bySeed }) => bySeed[seed]!)));
  return {
    tasks: Object.fromEntries(
      byTask.map(({ task, bySeed, value }) => [task, overSeeds(value, bySeed)]),
    ),
    mean: overSeeds(estimateOverTasks(byTask.map(({ value }) => value)), means),
  };
}

/** Inputs and seeds are two draws: their variances add. */
function overSeeds(inputs: ReturnType<typeof estimate>, bySeed: readonly number[]): Estimate {
  const { standardError, ...plain } = plainEstimate(inputs);
  const seeds = estimate(bySeed).standardError ?? 0;
  return {
    ...plain,
    standardError: standardError === null ? null : Math.hypot(standardError, seeds),
  };
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** JSON has no undefined. */
export const plainEstimate = (value: ReturnType<typeof estimate>): Estimate => ({
  ...value,
  standardError: value.standardError ?? null,
});

/** One entry per seed of the repair. */
export function recoveryScores(
  original: Scored,
  compressed: Scored,
  repaired: Scored,
): RecoveryScores[] {
  return repaired.correct.map((correct) => ({
    tasks: repaired.tasks,
    original: original.correct[0]!,
    compressed: compressed.correct[0]!,
    repaired: correct,
  }));
}

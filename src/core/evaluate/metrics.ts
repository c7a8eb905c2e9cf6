import type { ItemAnswer } from './answer.ts';
import { type Estimate, estimate } from './statistics.ts';
import type { Task, TaskMetric } from './tasks.ts';

/** A task's metrics over one arm's answers to it, as lm-evaluation-harness defines them. */
export function taskMetrics(
  { metrics = ['acc'] }: Pick<Task, 'metrics'>,
  answers: readonly ItemAnswer[],
): Partial<Record<TaskMetric, Estimate>> {
  return Object.fromEntries(metrics.map((metric) => [metric, MEASURES[metric](answers)]));
}

const share =
  (right: (answer: ItemAnswer) => boolean | undefined) => (answers: readonly ItemAnswer[]) =>
    estimate(answers.map((answer) => (right(answer) ? 1 : 0)));

const MEASURES: Readonly<Record<TaskMetric, (answers: readonly ItemAnswer[]) => Estimate>> = {
  acc: share(({ correct }) => correct),
  exact_match: share(({ correct }) => correct),
  acc_norm: share(({ correctPerCharacter }) => correctPerCharacter),
  perplexity: (answers) => {
    const { mean, standardError, count } = estimate(
      answers.map(({ logLikelihoods }) => -logLikelihoods[0]!),
    );
    const perplexity = Math.exp(mean);
    // By the delta method; the harness resamples.
    const error = standardError === undefined ? undefined : perplexity * standardError;
    return { mean: perplexity, standardError: error, count };
  },
};

import { findBenchmark } from '../../core/evaluate/benchmarks/index.ts';
import type { Estimate } from '../../shared/results.ts';
import type { TaskEvaluation } from './evaluate.ts';

/** A task's share of right answers, by the name that lm-evaluation-harness has for it. */
export function rightAnswers(name: string, share: Estimate): TaskEvaluation {
  const { kind = 'choice', version = null, metrics = ['acc'] } = findBenchmark(name) ?? {};
  const metric = metrics.includes('exact_match') ? 'exact_match' : 'acc';
  return { name, kind, version, metrics: { [metric]: share } };
}

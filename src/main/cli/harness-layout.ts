import type { ArmResult } from '../../shared/results.ts';
import type { Evaluation, TaskEvaluation } from '../compute/evaluate.ts';
import { rightAnswers } from '../compute/right-answers.ts';
import type { ReportedRun } from '../report/reported-run.ts';

/** Metrics that are better when they are smaller. */
const SMALLER: readonly string[] = [
  'perplexity',
  'word_perplexity',
  'byte_perplexity',
  'bits_per_byte',
];

/**
 * Results as lm-evaluation-harness writes them: `results[task]["acc,none"]` and the like, so that
 * scripts that read its files read ours.
 */
export function harnessLayout({ evaluations, wikitext }: Evaluation) {
  const tasks = evaluations.map((task) => [task.name, measures(task)] as const);
  const all = wikitext ? [...tasks, ['wikitext', wikitextMeasures(wikitext)] as const] : tasks;
  const counts = [
    ...evaluations.map(
      ({ name, metrics }) => [name, Object.values(metrics)[0]?.count ?? 0] as const,
    ),
    ...(wikitext ? [['wikitext', wikitext.pages] as const] : []),
  ];
  const versions = [
    ...evaluations.flatMap(({ name, version }) => (version === null ? [] : [[name, version]])),
    ...(wikitext ? [['wikitext', 2]] : []),
  ];
  const better = ([name, values]: readonly [string, object]) => {
    const metrics = Object.keys(values).filter(
      (key) => key.includes(',') && !key.includes('_stderr'),
    );
    const plain = metrics.map((key) => key.split(',')[0]!);
    return [name, Object.fromEntries(plain.map((metric) => [metric, !SMALLER.includes(metric)]))];
  };
  return {
    results: Object.fromEntries(all),
    group_subtasks: {},
    configs: Object.fromEntries(counts.map(([task]) => [task, { task, num_fewshot: 0 }])),
    versions: Object.fromEntries(versions),
    'n-shot': Object.fromEntries(counts.map(([name]) => [name, 0])),
    higher_is_better: Object.fromEntries(all.map(better)),
    'n-samples': Object.fromEntries(counts.map(([name, effective]) => [name, { effective }])),
  };
}

/** A run's arms, each as the harness would have written it; null before they are compared. */
export function runInHarnessLayout({ id, name, seed, modelHash, recipe, outcome }: ReportedRun) {
  const arms = outcome?.results.arms.map(({ arm, tasks, mean, perplexity }: ArmResult) => {
    const evaluations = Object.entries(tasks).map(([task, share]) => rightAnswers(task, share));
    const config = { model: arm.label, weights: arm.weightsHash, perplexity };
    return [arm.id, { ...harnessLayout({ tasks, mean, evaluations }), config }] as const;
  });
  return { run: id, name, seed, modelHash, recipe, arms: arms ? Object.fromEntries(arms) : null };
}

/** The harness names the filter that answers went through; only generated texts have one. */
function measures({ name, kind, metrics }: TaskEvaluation): Record<string, string | number> {
  const filter = kind === 'generation' ? 'remove_whitespace' : 'none';
  const values = Object.entries(metrics).flatMap(([metric, { mean, standardError }]) => [
    [`${metric},${filter}`, mean],
    [`${metric}_stderr,${filter}`, standardError ?? 'N/A'],
  ]);
  const { count = 0 } = Object.values(metrics)[0] ?? {};
  return { name, alias: name, sample_len: count, ...Object.fromEntries(values) };
}

function wikitextMeasures({ pages, ...metrics }: NonNullable<Evaluation['wikitext']>) {
  const values = Object.entries(metrics).flatMap(([metric, value]) => [
    [`${metric},none`, value],
    [`${metric}_stderr,none`, 'N/A'],
  ]);
  const name = { name: 'wikitext', alias: 'wikitext', sample_len: pages };
  return { ...name, ...Object.fromEntries(values) };
}

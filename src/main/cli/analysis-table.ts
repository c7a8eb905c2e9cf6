import type {
  ArmRecovery,
  Choices,
  Displacement,
  JudgedRepairs,
  PromptAlone,
  RestoredBlock,
  RunAnalysis,
  RunResults,
  TaskTitles,
} from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { formatPercent, formatTable } from './format.ts';
import { formatAccuracy } from './results-table.ts';

const NONE = '–';

type Labels = ReadonlyMap<string, string>;

/** Everything that was found out beside the comparison; the verdict comes first. */
export function formatAnalysis(
  analysis: RunAnalysis,
  { arms, taskTitles }: Pick<RunResults, 'arms' | 'taskTitles'>,
): string {
  const labels: Labels = new Map(arms.map(({ arm }) => [arm.id, arm.label]));
  const { displaced, similarity, restored, choices, prompts } = analysis;
  return [
    ...(displaced ? [displaced.words, verdicts(displaced, labels, taskTitles)] : []),
    ...(displaced?.control ? [control(displaced.control, labels)] : []),
    ...(similarity
      ? [
          alike('attention like the original’s, by block', similarity, labels, 'attention'),
          alike('activations like the original’s, by block', similarity, labels, 'activation'),
        ]
      : []),
    ...(restored ? [damage(restored)] : []),
    chosen(choices, taskTitles),
    alone(prompts),
  ].join('\n\n');
}

function verdicts(
  { overall, tasks, taskLevel }: Displacement,
  labels: Labels,
  titles: TaskTitles | undefined,
): string {
  const rows = (name: string, judged: JudgedRepairs) =>
    judged.repairs.map(({ arm, unseen, seen, control, kind }, i) => [
      i === 0 ? name : '',
      labels.get(arm) ?? arm,
      recovered(unseen),
      recovered(seen),
      recovered(control),
      kind,
    ]);
  const level = formatPercent(1 - (1 - taskLevel) * Object.keys(tasks).length);
  return formatTable([
    [`share regained (${level} over all tasks)`, 'repair', 'unseen', 'tuned on', 'control', ''],
    ...rows('All tasks', overall),
    ...Object.entries(tasks).flatMap(([task, judged]) => rows(taskTitle(titles, task), judged)),
  ]);
}

function control(
  { accuracy, repairs, questions }: NonNullable<Displacement['control']>,
  labels: Labels,
): string {
  return formatTable([
    [`control, ${questions} facts never told`, 'accuracy, %', 'unseen', 'tuned on', ''],
    ['original', formatAccuracy(accuracy.original), NONE, NONE, ''],
    ['control, compressed', formatAccuracy(accuracy.compressed), NONE, NONE, ''],
    ...repairs.map(({ arm, unseen, seen, kind }) => [
      arm === 'prompt' ? '+ prompt' : (labels.get(arm) ?? arm),
      formatAccuracy(accuracy[arm]),
      recovered(unseen),
      recovered(seen),
      kind,
    ]),
  ]);
}

function alike(
  title: string,
  similarity: NonNullable<RunAnalysis['similarity']>,
  labels: Labels,
  what: 'attention' | 'activation',
): string {
  const blocks = similarity[0]?.[what].map((_, block) => String(block)) ?? [];
  const rows = similarity.map((of) => [
    labels.get(of.arm) ?? of.arm,
    ...of[what].map((cosine) => cosine.toFixed(3)),
  ]);
  return formatTable([[title, ...blocks], ...rows]);
}

const damage = (restored: readonly RestoredBlock[]): string =>
  formatTable([
    ['original block put back', 'accuracy, %', 'regained'],
    ...restored.map(({ layer, mean, recovery }) => [
      String(layer),
      formatAccuracy(mean),
      recovered(recovery),
    ]),
  ]);

function chosen({ prompts, tasks, own }: Choices, titles: TaskTitles | undefined): string {
  const table = formatTable([
    ['inputs that got the prompt', ...prompts],
    ...tasks.map(({ task, counts }) => [taskTitle(titles, task), ...counts.map(String)]),
  ]);
  if (own === null) return table;
  const { share, byLot } = own;
  return `${table}\n${formatPercent(share)} got the prompt of their own tasks; by lot it would be ${formatPercent(byLot)}.`;
}

const alone = (prompts: readonly PromptAlone[]): string =>
  formatTable([
    ['one prompt for every input', 'tokens', 'accuracy, %', 'regained'],
    ...prompts.map(({ name, tokens, mean, recovery }) => [
      name,
      String(tokens),
      formatAccuracy(mean),
      recovered(recovery),
    ]),
  ]);

/** "34% (24 … 45)" */
function recovered(recovery: ArmRecovery | null): string {
  if (recovery === null) return NONE;
  if (recovery.kind === 'nothing-lost') return 'nothing lost';
  if (recovery.kind === 'unbounded') return `${formatPercent(recovery.share)} (unbounded)`;
  const { low, high } = recovery.interval;
  return `${formatPercent(recovery.share)} (${Math.round(100 * low)} … ${Math.round(100 * high)})`;
}

import { ASKED_FACTS } from '../../shared/chart/facts.ts';
import { recoveryInterval } from '../../shared/chart/interval.ts';
import {
  formatCount,
  formatDecimal,
  formatPercent,
  formatWholePercent,
} from '../../shared/format.ts';
import type {
  ArmSimilarity,
  Displacement,
  JudgedRepairs,
  RestoredBlock,
  RunResults,
  TaskTitles,
} from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { barChart, lineChart, type Series } from './drawing.ts';
import { html, type Markup } from './html.ts';
import { recovery, row, table } from './tables.ts';

type LabelOf = (arm: string) => string;

/** What was found out beside the comparison; nothing of a run that has found out nothing. */
export function analysisSections({ analysis, arms, taskTitles }: RunResults): Markup | null {
  if (analysis === undefined) return null;
  const labels = new Map<string, string>(arms.map(({ arm }) => [arm.id, arm.label]));
  const labelOf: LabelOf = (arm) => labels.get(arm) ?? arm;
  const { displaced, similarity, restored, choices, prompts } = analysis;
  return html`${displaced === null ? null : displacement(displaced, labelOf, taskTitles)}
${similarity === null ? null : insides(similarity, labelOf)}
${restored === null ? null : damage(restored)}
<h2>Which prompt was chosen</h2>
${table(
  ['Task', ...choices.prompts],
  choices.tasks.map(({ task, counts }) =>
    row(taskTitle(taskTitles, task), counts.map(formatCount)),
  ),
)}
${choices.own === null ? null : html`<p>${formatPercent(choices.own.share)} of the inputs got the prompt of their own tasks; by lot it would be ${formatPercent(choices.own.byLot)}.</p>`}
<h2>One prompt for every input</h2>
${table(
  ['Prompt', 'Tokens', 'Accuracy', 'Recovery'],
  prompts.map(({ name, tokens, mean, recovery: regained }) =>
    row(name, [formatCount(tokens), formatPercent(mean.mean), recovery(regained)]),
  ),
)}`;
}

function displacement(
  { words, overall, tasks }: Displacement,
  labelOf: LabelOf,
  titles: TaskTitles | undefined,
): Markup {
  const bars = overall.repairs.map(({ arm, unseen, seen, control }) => ({
    name: labelOf(arm),
    bars: [unseen, seen, control].map(recoveryInterval),
  }));
  const axis = { format: formatWholePercent, label: 'recovered, 95% interval' };
  return html`<h2>Forgotten or displaced?</h2>
<p class="verdict">${words}</p>
${barChart('Share of the lost accuracy that came back', ASKED_FACTS, bars, axis)}
${table(
  ['Task', 'Repair', 'Never tuned on', 'Tuned on', 'Control', 'Verdict'],
  [['all tasks', overall] as const, ...Object.entries(tasks)].flatMap(([task, judged]) =>
    verdictRows(taskTitle(titles, task), judged, labelOf),
  ),
)}`;
}

const verdictRows = (title: string, { repairs }: JudgedRepairs, labelOf: LabelOf): Markup[] =>
  repairs.map(({ arm, unseen, seen, control, kind }) =>
    row(title, [
      labelOf(arm),
      recovery(unseen),
      recovery(seen),
      recovery(control),
      kind.replaceAll('-', ' '),
    ]),
  );

/** Cosines with the original, by block. */
function insides(similarity: readonly ArmSimilarity[], labelOf: LabelOf): Markup {
  const axes = { x: formatCount, y: formatDecimal, xLabel: 'block' };
  const lines = (of: 'attention' | 'activation') =>
    similarity.map((arm) => ({
      name: labelOf(arm.arm),
      points: arm[of].map((cosine, block) => [block, cosine] as const),
    }));
  return html`<h2>How alike they work inside</h2>
${lineChart('Attention: cosine with the original', lines('attention'), axes)}
${lineChart('Activations: cosine with the original', lines('activation'), axes)}`;
}

function damage(restored: readonly RestoredBlock[]): Markup {
  const series: Series = { name: 'share', colour: 'var(--arm-compressed)', mark: 'square' };
  const bars = restored.map(({ layer, recovery: regained }) => ({
    name: `block ${layer}`,
    bars: [recoveryInterval(regained)],
  }));
  const axis = { format: formatWholePercent, label: 'recovered, 95% interval' };
  return html`<h2>Where the damage sits</h2>
${barChart('What one original block brings back', [series], bars, axis)}`;
}

import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatPercent,
  formatPoints,
  formatWholePercent,
} from '../../shared/format.ts';
import type {
  ArmComparison,
  ArmRecovery,
  ArmResult,
  Estimate,
  RunResults,
  RunTimings,
  SelectorResult,
} from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { html, type Markup } from './html.ts';
import type { ReportedRun } from './reported-run.ts';

export const table = (head: readonly string[], rows: readonly Markup[]): Markup =>
  html`<div class="wide"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;

export const row = (name: string, cells: readonly string[]): Markup =>
  html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;

export function armsTable({ arms }: RunResults, { millisecondsPerInput }: RunTimings): Markup {
  return table(
    [
      'Arm',
      'Accuracy',
      'Recovery',
      'Perplexity',
      'Added parameters',
      'On disk',
      'In memory',
      'ms per input',
    ],
    arms.map((result) =>
      row(result.arm.label, [
        accuracy(result.mean),
        recovery(result.recovery),
        formatDecimal(result.perplexity),
        formatCount(result.extraParameters),
        formatBytes(result.bytesOnDisk),
        formatBytes(result.bytesInMemory),
        formatDecimal(millisecondsPerInput[result.arm.id]),
      ]),
    ),
  );
}

export function tasksTable({ arms, taskTitles }: RunResults): Markup {
  const tasks = Object.keys(arms[0]?.tasks ?? {});
  const line = (name: string, of: (result: ArmResult) => Estimate | undefined) =>
    row(
      name,
      arms.map((result) => accuracy(of(result))),
    );
  return table(
    ['Task', ...arms.map(({ arm }) => arm.label)],
    [
      ...tasks.map((task) => line(taskTitle(taskTitles, task), (result) => result.tasks[task])),
      line('All tasks', (result) => result.mean),
    ],
  );
}

export const selectorsTable = (
  selectors: readonly SelectorResult[],
  { millisecondsPerSelector = {} }: RunTimings,
): Markup =>
  table(
    ['Who chooses', 'Accuracy', 'Over a random prompt', 'Added parameters', 'ms per input'],
    selectors.map(({ name, mean, overRandom, parameters }) =>
      row(name, [
        accuracy(mean),
        overRandom ? gain(overRandom) : '–',
        parameters === null ? '–' : formatCount(parameters),
        formatDecimal(millisecondsPerSelector[name]),
      ]),
    ),
  );

/** Chance of a difference by luck alone, at most, that is called one. */
const SIGNIFICANT = 0.05;

/** Every two arms on the same inputs: what the second has over the first, and on which tasks. */
export function comparisonsTable(
  comparisons: readonly ArmComparison[],
  { arms, taskTitles }: Pick<RunResults, 'arms' | 'taskTitles'>,
): Markup {
  const labels = new Map(arms.map(({ arm: { id, label } }) => [id, label.replace(/^\+ /, '')]));
  return table(
    ['Arm', 'Against', 'Points', '95% interval', 'p', 'Tasks that differ'],
    comparisons.map(({ first, second, difference, pValue, tasks }) => {
      const all = Object.entries(tasks);
      const clear = all.filter(([, { adjusted }]) => adjusted < SIGNIFICANT);
      const names = clear.map(([task]) => taskTitle(taskTitles, task)).join(', ');
      const { low, high } = difference.interval;
      return row(labels.get(second) ?? second, [
        labels.get(first) ?? first,
        formatPoints(difference.value),
        `${formatPoints(low)}\u00a0to\u00a0${formatPoints(high)}`,
        pValue < 0.001 ? '<0.001' : pValue.toFixed(3),
        `${clear.length} of ${all.length}${names && `: ${names}`}`,
      ]);
    }),
  );
}

const gain = ({ value, interval }: NonNullable<SelectorResult['overRandom']>): string =>
  `${formatPoints(value)} (${formatPoints(interval.low)} to ${formatPoints(interval.high)})`;

/** One row per run: the loss, and the best way back. */
export function overviewTable(runs: readonly ReportedRun[]): Markup {
  const rows = runs.map(({ name, outcome }) => {
    const arms = outcome?.results.arms ?? [];
    const mean = (id: string) => arms.find(({ arm }) => arm.id === id)?.mean.mean ?? 0;
    const best = arms
      .filter((result) => result.recovery !== null)
      .toSorted((a, b) => b.mean.mean - a.mean.mean)[0];
    return row(name, [
      formatPercent(mean('original')),
      `${formatPercent(mean('compressed'))} (${formatPoints(mean('compressed') - mean('original'))})`,
      best === undefined ? '–' : `${formatPercent(best.mean.mean)}, ${best.arm.label}`,
      recovery(best?.recovery ?? null),
    ]);
  });
  return table(['Run', 'Original', 'Compressed', 'Best repair', 'Its recovery'], rows);
}

function accuracy(estimate: Estimate | undefined): string {
  if (estimate === undefined) return '–';
  const { mean, standardError } = estimate;
  return `${formatPercent(mean)}${standardError === null ? '' : ` ± ${formatPercent(standardError)}`}`;
}

export function recovery(value: ArmRecovery | null): string {
  if (value === null) return '–';
  if (value.kind === 'nothing-lost') return 'nothing was lost';
  const share = formatWholePercent(value.share);
  if (value.kind === 'unbounded') return `${share} (unbounded)`;
  const { low, high } = value.interval;
  return `${share} (${formatWholePercent(low)} to ${formatWholePercent(high)})`;
}

import type {
  ArmRecovery,
  ArmResult,
  Estimate,
  RunResults,
  RunTimings,
  SelectorResult,
} from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { formatBytes, formatCount, formatPercent, formatTable } from './format.ts';

const NONE = '–';

/** Arms side by side: accuracy per task in %, with its standard error, then what each arm costs. */
export function formatResults(
  { arms, taskTitles, selectors, verdict }: RunResults,
  timings: RunTimings,
): string {
  const row = (label: string, cell: (result: ArmResult) => string) => [label, ...arms.map(cell)];
  const tasks = Object.keys(arms[0]?.tasks ?? {});
  const table = formatTable([
    row('accuracy, %', ({ arm }) => arm.label),
    ...tasks.map((task) =>
      row(taskTitle(taskTitles, task), (result) => formatAccuracy(result.tasks[task])),
    ),
    row('mean', (result) => formatAccuracy(result.mean)),
    row('', () => ''),
    row('perplexity', ({ perplexity }) => perplexity?.toFixed(2) ?? NONE),
    row('recovery', ({ recovery }) => formatRecovery(recovery)),
    row('  95% interval', ({ recovery }) => formatInterval(recovery)),
    row('extra parameters', ({ extraParameters }) => formatCount(extraParameters)),
    row('on disk', ({ bytesOnDisk }) => formatBytes(bytesOnDisk)),
    row('in memory', ({ bytesInMemory }) => formatBytes(bytesInMemory)),
    row('ms per input', ({ arm }) => timings.millisecondsPerInput[arm.id]?.toFixed(2) ?? NONE),
  ]);
  const parts = [table, ...(selectors ? [formatSelectors(selectors, timings)] : []), verdict];
  return parts.join('\n\n');
}

/** Who chooses the prompt, what comes of it, and what it is worth against a random prompt. */
function formatSelectors(
  selectors: readonly SelectorResult[],
  { millisecondsPerSelector = {} }: RunTimings,
): string {
  const rows = selectors.map(({ name, mean, overRandom, parameters }) => [
    name,
    formatAccuracy(mean),
    overRandom ? formatPoints(overRandom.value) : NONE,
    overRandom
      ? `${formatPoints(overRandom.interval.low)} … ${formatPoints(overRandom.interval.high)}`
      : NONE,
    parameters === null ? NONE : formatCount(parameters),
    millisecondsPerSelector[name]?.toFixed(2) ?? NONE,
  ]);
  const head = ['who chooses', 'accuracy, %', 'over random', '95% interval', 'parameters', 'ms'];
  return formatTable([head, ...rows]);
}

/** A difference of accuracies in points, with its sign. */
const formatPoints = (difference: number): string => {
  const text = (100 * difference).toFixed(1);
  return difference > 0 ? `+${text}` : text;
};

/** In %, with its standard error. */
export function formatAccuracy(estimate: Estimate | undefined): string {
  if (estimate === undefined) return NONE;
  const error = estimate.standardError;
  return `${(100 * estimate.mean).toFixed(1)}${error === null ? '' : ` ±${(100 * error).toFixed(1)}`}`;
}

function formatRecovery(recovery: ArmRecovery | null): string {
  if (recovery === null) return NONE;
  return recovery.kind === 'nothing-lost' ? 'nothing lost' : formatPercent(recovery.share);
}

function formatInterval(recovery: ArmRecovery | null): string {
  if (recovery?.kind !== 'recovered') return recovery?.kind === 'unbounded' ? 'unbounded' : NONE;
  const { low, high } = recovery.interval;
  return `${formatPercent(low)} … ${formatPercent(high)}`;
}

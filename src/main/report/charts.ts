import { accuracyInterval, type Value } from '../../shared/chart/interval.ts';
import { furtherLoraShade, isFurtherLora } from '../../shared/chart/lora.ts';
import type { MarkShape } from '../../shared/chart/mark.ts';
import type { MetricSeries } from '../../shared/contract/runs.ts';
import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatWholePercent,
} from '../../shared/format.ts';
import type { Arm, ArmResult, RunResults } from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { barChart, lineChart, type Series, scatterChart } from './drawing.ts';
import { html, type Markup } from './html.ts';
import type { ReportedRun } from './reported-run.ts';

const MARKS: Readonly<Record<string, MarkShape>> = {
  original: 'circle',
  compressed: 'square',
  prompt: 'triangle',
  idp: 'diamond',
  prefix: 'wedge',
  lora: 'cross',
  'bank-lora': 'hexagon',
};

/** Arms that a run does not make itself share a colour; their names tell them apart. */
function seriesOf({ id, label }: Arm): Series {
  if (isFurtherLora(id))
    return { name: label, colour: furtherLoraShade(id, 'var(--ink)'), mark: 'cross' };
  const mark = MARKS[id];
  return {
    name: label,
    colour: mark === undefined ? 'var(--arm-bank)' : `var(--arm-${id})`,
    mark: mark ?? 'star',
  };
}

/** A bar per repair; nothing where compression lost nothing, as the verdict says. */
export function recoveries({ arms }: RunResults): Markup | null {
  const repaired = arms.filter(
    ({ recovery }) => recovery !== null && recovery.kind !== 'nothing-lost',
  );
  if (repaired.length === 0) return null;
  const bars = repaired.map((_, at) => ({
    name: repaired[at]!.arm.label,
    bars: [recoveryValue(repaired[at]!)],
  }));
  const series = {
    name: 'share of the lost accuracy',
    colour: 'var(--arm-idp)',
    mark: 'square',
  } as const;
  const chart = barChart('Share of the lost accuracy that came back', [series], bars, {
    format: formatWholePercent,
    label: 'recovered, 95% interval',
  });
  return html`<h2>Recovery</h2>${chart}`;
}

function recoveryValue({ recovery }: ArmResult): Value | null {
  if (recovery === null || recovery.kind === 'nothing-lost') return null;
  const interval = recovery.kind === 'recovered' ? recovery.interval : null;
  return { value: recovery.share, low: interval?.low ?? null, high: interval?.high ?? null };
}

export function accuracyByTask({ arms, taskTitles }: RunResults): Markup {
  const tasks = Object.keys(arms[0]?.tasks ?? {});
  const groups = [
    { name: 'All tasks', bars: arms.map(({ mean }) => accuracyInterval(mean)) },
    ...tasks.map((task) => ({
      name: taskTitle(taskTitles, task),
      bars: arms.map((result) => {
        const estimate = result.tasks[task];
        return estimate === undefined ? null : accuracyInterval(estimate);
      }),
    })),
  ];
  const series = arms.map(({ arm }) => seriesOf(arm));
  const axis = { format: formatWholePercent, label: 'accuracy, 95% interval' };
  return barChart('Accuracy by task', series, groups, axis);
}

/** Up is better, left is smaller; the arms of several runs carry the run's name. */
export function accuracyAgainstSize(runs: readonly ReportedRun[]): Markup {
  const points = runs.flatMap(({ name, outcome }) =>
    (outcome?.results.arms ?? []).map((result) => {
      const series = seriesOf(result.arm);
      return {
        series: runs.length > 1 ? { ...series, name: `${name}: ${series.name}` } : series,
        x: result.bytesOnDisk,
        y: accuracyInterval(result.mean),
      };
    }),
  );
  return scatterChart('Accuracy against size', points, {
    x: formatBytes,
    y: formatWholePercent,
    xLabel: 'weights and additions on disk',
    yLabel: 'mean accuracy, 95% interval',
  });
}

/** Repairs that every run has stand a little apart, so that none hides another. */
const APART = 0.004;
const CURVE_ARMS = ['prompt', 'idp', 'lora'];

/** Up is better, right is worse damaged; nothing for a single run. */
export function recoveryAgainstDamage(
  runs: readonly { readonly outcome: { readonly results: RunResults } | null }[],
): Markup | null {
  const points = runs.flatMap(({ outcome }) => {
    const arms = outcome?.results.arms ?? [];
    return arms.flatMap((result) => {
      const at = CURVE_ARMS.indexOf(result.arm.id);
      const y = recoveryValue(result);
      const x = result.recovery?.lost ?? 0;
      if (at < 0 || y === null) return [];
      return [{ series: seriesOf(result.arm), x: x + (at - 1) * APART, y }];
    });
  });
  const series = [...new Map(points.map((point) => [point.series.name, point.series])).values()];
  if (points.length <= series.length) return null;
  return scatterChart('What came back, by how much was lost', points, {
    x: formatWholePercent,
    y: formatWholePercent,
    xLabel: 'accuracy lost to compression',
    yLabel: 'share that came back, 95% interval',
  });
}

const LOSS = /(?:^|\/)(loss|validation)$/;

/** A chart per tuning stage that has a curve to show. */
export function lossCurves(metrics: readonly MetricSeries[]): Markup | null {
  const curves = metrics.filter(({ name, points }) => LOSS.test(name) && points.length > 1);
  if (curves.length === 0) return null;
  const byStage = [...Map.groupBy(curves, ({ stage }) => stage)];
  const charts = byStage.map(([stage, series]) =>
    lineChart(
      describeStage(stage),
      series.map(({ name, points }) => ({ name, points })),
      { x: formatCount, y: formatDecimal, xLabel: 'step' },
    ),
  );
  return html`<h2>Loss while tuning</h2>${charts}`;
}

const TUNED: Readonly<Record<string, string>> = {
  bank: 'Prompt bank',
  single: 'One prompt on everything',
  prefix: 'Prefix',
  lora: 'LoRA adapter',
  together: 'Bank with LoRA',
  'control-prompt': 'A prompt for the control',
  'control-lora': 'A LoRA adapter for the control',
};

/** `tune:bank@0` as "Prompt bank, seed 0". */
function describeStage(stage: string): string {
  const [, what = stage, seed] = /^(?:tune|analyse):(.+)@(\d+)$/.exec(stage) ?? [];
  const words = TUNED[what] ?? what.replace(/^lora-/, 'LoRA adapter of rank ');
  return `${words}${seed === undefined ? '' : `, seed ${seed}`}`;
}

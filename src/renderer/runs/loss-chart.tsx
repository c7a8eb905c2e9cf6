import type { MetricSeries } from '../../shared/contract/runs.ts';
import { type Line, LineChart } from '../charts/line-chart.tsx';
import { formatCount, formatDecimal } from '../format.ts';

type Points = MetricSeries['points'];

/** Loss against step of one stage; several prompts of a bank are several lines. */
export function LossChart({ stage, metrics }: { stage: string; metrics: readonly MetricSeries[] }) {
  const lines = lossLines(stage, metrics);
  if (lines.flatMap(({ points }) => points).length < 2) return null;
  return (
    <LineChart
      title="Loss while tuning"
      lines={lines}
      xLabel="step"
      formatX={formatCount}
      formatY={formatDecimal}
      height={220}
    />
  );
}

function lossLines(stage: string, metrics: readonly MetricSeries[]): readonly Line[] {
  return metrics
    .filter((series) => series.stage === stage && /(?:^|\/)loss$/.test(series.name))
    .map(({ name, points }) => {
      const smoothed = smooth(points);
      const named = name.replace(/\/?loss$/, '') || 'loss';
      return { name: named, note: span(smoothed), points: smoothed };
    });
}

/** Batches differ, so each point is shown as the mean of the last few before it. */
const SMOOTHED_SHARE = 1 / 25;
const LEAST_SMOOTHED = 8;

function smooth(points: Points): Points {
  const length = Math.max(LEAST_SMOOTHED, Math.round(points.length * SMOOTHED_SHARE));
  let sum = 0;
  return points.map(([step, value], i) => {
    sum += value - (points[i - length]?.[1] ?? 0);
    return [step, sum / Math.min(i + 1, length)] as const;
  });
}

/** "3.21 → 1.04" */
const span = (points: Points) =>
  `${formatDecimal(points[0]?.[1])} → ${formatDecimal(points.at(-1)?.[1])}`;

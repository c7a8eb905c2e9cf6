import { Text } from '@mantine/core';
import type { MetricSeries } from '../../shared/contract/runs.ts';
import { formatCount, formatDecimal } from '../format.ts';

const WIDTH = 480;
const HEIGHT = 190;
const MARGIN = { left: 44, right: 12, top: 10, bottom: 26 };

type Points = MetricSeries['points'];

interface Line {
  readonly name: string;
  readonly points: Points;
}

/** Loss against step of one stage; several prompts of a bank are several lines. */
export function LossChart({ stage, metrics }: { stage: string; metrics: readonly MetricSeries[] }) {
  const lines = lossLines(stage, metrics);
  const all = lines.flatMap(({ points }) => points);
  if (all.length < 2) return null;
  const steps = Math.max(...all.map(([step]) => step), 1);
  const [low, high] = range(all.map(([, value]) => value));
  const x = (step: number) => MARGIN.left + (step / steps) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) =>
    MARGIN.top + ((high - value) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const ticks = [low, (low + high) / 2, high];
  return (
    <figure className="loss">
      <figcaption>
        <Text size="sm" fw={600}>
          Loss while tuning
        </Text>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={describe(lines)}>
        {ticks.map((tick) => (
          <g key={tick}>
            <path className="grid-line" d={`M${MARGIN.left} ${y(tick)}H${WIDTH - MARGIN.right}`} />
            <text className="tick" x={MARGIN.left - 8} y={y(tick) + 4} textAnchor="end">
              {formatDecimal(tick)}
            </text>
          </g>
        ))}
        <text className="tick" x={MARGIN.left} y={HEIGHT - 6}>
          step 0
        </text>
        <text className="tick" x={WIDTH - MARGIN.right} y={HEIGHT - 6} textAnchor="end">
          {formatCount(steps)}
        </text>
        {lines.map(({ name, points }, i) => (
          <path
            key={name}
            className={`line line-${i % 5}`}
            d={points
              .map(
                ([step, value], j) =>
                  `${j ? 'L' : 'M'}${x(step).toFixed(1)} ${y(value).toFixed(1)}`,
              )
              .join('')}
          />
        ))}
      </svg>
      <ul className="legend">
        {lines.map(({ name, points }, i) => (
          <li key={name}>
            <span className={`swatch line-${i % 5}`} aria-hidden="true" />
            {name} {span(points)}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function lossLines(stage: string, metrics: readonly MetricSeries[]): readonly Line[] {
  return metrics
    .filter((series) => series.stage === stage && /(?:^|\/)loss$/.test(series.name))
    .map(({ name, points }) => ({
      name: name.replace(/\/?loss$/, '') || 'loss',
      points: smooth(points),
    }));
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

function range(values: readonly number[]): readonly [number, number] {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite, Number.POSITIVE_INFINITY);
  const high = Math.max(...finite, Number.NEGATIVE_INFINITY);
  return high - low > 1e-6 ? [low, high] : [low - 0.5, high + 0.5];
}

/** "3.21 → 1.04" */
const span = (points: Points) =>
  `${formatDecimal(points[0]?.[1])} → ${formatDecimal(points.at(-1)?.[1])}`;

const describe = (lines: readonly Line[]): string =>
  `Loss by step: ${lines.map(({ name, points }) => `${name} ${span(points)}`).join(', ')}`;

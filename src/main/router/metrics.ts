import type { MetricSeries } from '../../shared/contract/runs.ts';
import type { MetricRow } from '../db/schema.ts';

const MOST_POINTS = 500;

/** Rows by stage, name and step as series; long ones are thinned, keeping their last point. */
export function toSeries(rows: readonly MetricRow[], limit = MOST_POINTS): MetricSeries[] {
  const groups = Map.groupBy(rows, ({ stage, name }) => JSON.stringify([stage, name]));
  return [...groups.values()].map((group) => {
    const { stage, name } = group[0]!;
    const points = group.map(({ step, value }) => [step, value] as const);
    return { stage, name, points: thin(points, limit) };
  });
}

function thin<T>(values: readonly T[], limit: number): readonly T[] {
  if (values.length <= limit) return values;
  const stride = (values.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, i) => values[Math.round(i * stride)]!);
}

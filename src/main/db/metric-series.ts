import type { MetricSeries } from '../../shared/contract/runs.ts';
import type { MetricRow } from './schema.ts';

/** About how many points of a series a page is given to begin with. */
export const MOST_POINTS = 500;

/** Rows by stage, name and step as series. */
export function toSeries(rows: readonly MetricRow[]): MetricSeries[] {
  const groups = Map.groupBy(rows, ({ stage, name }) => JSON.stringify([stage, name]));
  return [...groups.values()].map((group) => {
    const { stage, name } = group[0]!;
    return { stage, name, points: group.map(({ step, value }) => [step, value] as const) };
  });
}

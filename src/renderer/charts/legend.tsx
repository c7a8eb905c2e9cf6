import { markPath } from '../../shared/chart/mark.ts';
import type { Series } from './series.ts';

export function SeriesLegend({ series }: { series: readonly Series[] }) {
  return (
    <ul className="chart-legend">
      {series.map(({ key, name, colour, mark, opacity }) => (
        <li key={key}>
          <svg viewBox="0 0 18 14" aria-hidden="true">
            <path d={markPath(mark, 9, 7)} fill={colour} fillOpacity={opacity} stroke={colour} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

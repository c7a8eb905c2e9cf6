import { markPath } from '../../shared/chart/mark.ts';
import { linearScale, type Scale } from '../../shared/chart/scale.ts';
import { BottomAxis, LeftAxis, ticksAcross } from './axes.tsx';
import { Chart } from './chart.tsx';
import { SeriesLegend } from './legend.tsx';
import type { Series } from './series.ts';

export interface Point {
  readonly series: Series;
  readonly x: number;
  readonly y: number;
  /** Interval of y; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
}

interface Props {
  readonly title: string;
  readonly points: readonly Point[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
}

const HEIGHT = 280;
const MARGIN = { top: 28, right: 24, bottom: 44, left: 52 };

/** One quantity against another: up is better, left is cheaper. */
export function ScatterChart({ title, points, xLabel, yLabel, formatX, formatY }: Props) {
  const bottom = HEIGHT - MARGIN.bottom;
  const told = points.map(({ series, x, y }) => `${series.name}: ${formatY(y)} at ${formatX(x)}`);
  return (
    <Chart
      title={title}
      description={`${title}. ${told.join('; ')}.`}
      height={HEIGHT}
      legend={<SeriesLegend series={points.map(({ series }) => series)} />}
    >
      {(width) => {
        const right = width - MARGIN.right;
        const across = { from: MARGIN.left, to: right };
        const x = linearScale([0, ...points.map((p) => p.x)], across, ticksAcross(across));
        const y = linearScale(
          points.flatMap((p) => [p.y, p.low ?? p.y, p.high ?? p.y]),
          { from: bottom, to: MARGIN.top },
        );
        return (
          <>
            <LeftAxis scale={y} format={formatY} across={across} label={yLabel} />
            <BottomAxis
              scale={x}
              format={formatX}
              across={{ from: bottom, to: bottom }}
              label={xLabel}
            />
            {points.map((point) => (
              <Interval key={point.series.key} point={point} x={x} y={y} />
            ))}
            {points.map((point) => (
              <Dot key={point.series.key} point={point} x={x} y={y} />
            ))}
          </>
        );
      }}
    </Chart>
  );
}

interface PointProps {
  readonly point: Point;
  readonly x: Scale;
  readonly y: Scale;
}

function Interval({ point: { x: value, low, high }, x, y }: PointProps) {
  if (low === null || high === null) return null;
  const at = x(value);
  return (
    <path
      className="chart-whisker"
      d={`M${at},${y(low)}V${y(high)}M${at - 3},${y(low)}h6M${at - 3},${y(high)}h6`}
    />
  );
}

function Dot({ point, x, y }: PointProps) {
  const { colour, mark, opacity } = point.series;
  return (
    <path
      d={markPath(mark, x(point.x), y(point.y))}
      fill={colour}
      fillOpacity={opacity}
      stroke={colour}
    />
  );
}

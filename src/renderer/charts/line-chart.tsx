import { linearScale } from '../../shared/chart/scale.ts';
import { BottomAxis, LeftAxis, ticksAcross } from './axes.tsx';
import { Chart } from './chart.tsx';
import { type LineStyle, lineStyle } from './palette.ts';

export interface Line {
  readonly name: string;
  /** Said beside the name, for example where it began and where it is. */
  readonly note: string;
  /** Of an arm, its own; else by the line's place. */
  readonly style?: LineStyle;
  /** [x, y], rising by x. */
  readonly points: readonly (readonly [number, number])[];
}

interface Props {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly xLabel: string;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
  readonly height?: number;
}

const MARGIN = { top: 24, right: 12, bottom: 36, left: 48 };

/** Values over steps, one line a series. */
export function LineChart({ title, lines, xLabel, formatX, formatY, height = 240 }: Props) {
  const points = lines.flatMap((line) => line.points);
  const told = lines.map(({ name, note }) => `${name} ${note}`);
  const bottom = height - MARGIN.bottom;
  return (
    <Chart
      title={title}
      description={`${title}: ${told.join(', ')}.`}
      height={height}
      legend={<LineLegend lines={lines} />}
    >
      {(width) => {
        const right = width - MARGIN.right;
        const across = { from: MARGIN.left, to: right };
        const x = linearScale(
          points.map(([step]) => step),
          across,
          ticksAcross(across, 6),
        );
        const y = linearScale(
          points.map(([, value]) => value),
          { from: bottom, to: MARGIN.top },
          4,
        );
        return (
          <>
            <LeftAxis scale={y} format={formatY} across={across} />
            <BottomAxis
              scale={x}
              format={formatX}
              across={{ from: bottom, to: bottom }}
              label={xLabel}
            />
            {lines.map(({ name, style, points }, i) => (
              <polyline
                key={name}
                className="chart-line"
                {...(style ?? lineStyle(i))}
                points={points.map(([step, value]) => `${x(step)},${y(value)}`).join(' ')}
              />
            ))}
          </>
        );
      }}
    </Chart>
  );
}

function LineLegend({ lines }: Pick<Props, 'lines'>) {
  return (
    <ul className="chart-legend">
      {lines.map(({ name, note, style }, i) => (
        <li key={name}>
          <svg viewBox="0 0 18 12" aria-hidden="true">
            <line x1="0" x2="18" y1="6" y2="6" strokeWidth="2" {...(style ?? lineStyle(i))} />
          </svg>
          {name} {note}
        </li>
      ))}
    </ul>
  );
}

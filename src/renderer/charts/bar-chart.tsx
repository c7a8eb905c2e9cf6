import type { Value } from '../../shared/chart/interval.ts';
import { linearScale, type Scale } from '../../shared/chart/scale.ts';
import { BottomAxis, ticksAcross } from './axes.tsx';
import { Chart } from './chart.tsx';
import { SeriesLegend } from './legend.tsx';
import type { Series } from './series.ts';
import { Whisker } from './whisker.tsx';

export interface BarGroup {
  readonly name: string;
  /** One per series; null where there is none. */
  readonly bars: readonly (Value | null)[];
}

interface Props {
  readonly title: string;
  readonly series: readonly Series[];
  readonly groups: readonly BarGroup[];
  readonly format: (value: number) => string;
  readonly label: string;
}

const BAR = 12;
const GAP = 16;
const MARGIN = { top: 4, right: 64, bottom: 36, left: 132 };

/** Horizontal bars from 0 with their intervals, gathered by group. */
export function BarChart({ title, series, groups, format, label }: Props) {
  const groupHeight = series.length * BAR + GAP;
  const bottom = MARGIN.top + groups.length * groupHeight;
  const values = groups.flatMap(({ bars }) =>
    bars.flatMap((bar) =>
      bar === null ? [] : [bar.value, bar.low ?? bar.value, bar.high ?? bar.value],
    ),
  );
  return (
    <Chart
      title={title}
      description={describe(title, series, groups, format)}
      height={bottom + MARGIN.bottom}
      legend={<SeriesLegend series={series} />}
    >
      {(width) => {
        const across = { from: MARGIN.left, to: width - MARGIN.right };
        const x = linearScale([0, ...values], across, ticksAcross(across));
        return (
          <>
            <BottomAxis
              scale={x}
              format={format}
              across={{ from: MARGIN.top, to: bottom }}
              label={label}
            />
            {groups.map((group, g) => (
              <Group
                key={group.name}
                group={group}
                series={series}
                top={MARGIN.top + g * groupHeight + GAP / 2}
                x={x}
                format={format}
              />
            ))}
          </>
        );
      }}
    </Chart>
  );
}

interface GroupProps extends Pick<Props, 'series' | 'format'> {
  readonly group: BarGroup;
  readonly top: number;
  readonly x: Scale;
}

function Group({ group, series, top, x, format }: GroupProps) {
  const middle = top + (series.length * BAR) / 2;
  return (
    <g>
      <text className="chart-text" x={MARGIN.left - 10} y={middle + 4} textAnchor="end">
        {shorten(group.name)}
      </text>
      {group.bars.map((bar, i) => {
        const { key, colour, opacity } = series[i]!;
        return (
          bar && (
            <HorizontalBar
              key={key}
              bar={bar}
              colour={colour}
              opacity={opacity}
              y={top + i * BAR}
              x={x}
              text={format(bar.value)}
            />
          )
        );
      })}
    </g>
  );
}

interface BarProps {
  readonly bar: Value;
  readonly colour: string;
  readonly opacity: number;
  readonly y: number;
  readonly x: Scale;
  readonly text: string;
}

function HorizontalBar({ bar: { value, low, high }, colour, opacity, y, x, text }: BarProps) {
  const middle = y + BAR / 2;
  const [left, right] = [Math.min(0, value), Math.max(0, value)];
  const end = Math.max(right, high ?? right);
  return (
    <>
      <rect
        x={x(left)}
        y={y + 1}
        width={x(right) - x(left)}
        height={BAR - 2}
        fill={colour}
        fillOpacity={opacity}
      />
      {low !== null && high !== null && (
        <Whisker
          path={`M${x(low)},${middle}H${x(high)}M${x(low)},${middle - 3}v6M${x(high)},${middle - 3}v6`}
        />
      )}
      <text className="chart-faint" x={x(end) + 6} y={middle + 4}>
        {text}
      </text>
    </>
  );
}

const shorten = (name: string): string => (name.length > 19 ? `${name.slice(0, 18)}…` : name);

function describe(
  title: string,
  series: readonly Series[],
  groups: readonly BarGroup[],
  format: (value: number) => string,
): string {
  const lines = groups.map(({ name, bars }) => {
    const parts = bars.flatMap((bar, i) =>
      bar === null ? [] : [`${series[i]!.name} ${format(bar.value)}`],
    );
    return `${name}: ${parts.join(', ')}`;
  });
  return `${title}. ${lines.join('; ')}.`;
}

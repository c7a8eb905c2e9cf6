import type { Range, Scale } from '../../shared/chart/scale.ts';

interface AxisProps {
  readonly scale: Scale;
  readonly format: (value: number) => string;
  /** Extent of the grid lines, in pixels across the axis. */
  readonly across: Range;
  readonly label?: string;
}

/** Pixels that a value written below an axis takes, with air. */
const TICK_ROOM = 56;

/** Values that can stand side by side below an axis. */
export const ticksAcross = ({ from, to }: Range, most = 5): number =>
  Math.max(1, Math.min(most, Math.floor((to - from) / TICK_ROOM)));

/** Values from left to right, written below the drawing. */
export function BottomAxis({ scale, format, across, label }: AxisProps) {
  return (
    <g>
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line
            className="chart-grid"
            x1={scale(tick)}
            x2={scale(tick)}
            y1={across.from}
            y2={across.to}
          />
          <text className="chart-faint" x={scale(tick)} y={across.to + 16} textAnchor="middle">
            {format(tick)}
          </text>
        </g>
      ))}
      {label && (
        <text
          className="chart-faint"
          x={scale(scale.ticks.at(-1)!)}
          y={across.to + 32}
          textAnchor="end"
        >
          {label}
        </text>
      )}
    </g>
  );
}

/** Values from bottom to top, written left of the drawing. */
export function LeftAxis({ scale, format, across, label }: AxisProps) {
  return (
    <g>
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line
            className="chart-grid"
            x1={across.from}
            x2={across.to}
            y1={scale(tick)}
            y2={scale(tick)}
          />
          <text className="chart-faint" x={across.from - 8} y={scale(tick) + 4} textAnchor="end">
            {format(tick)}
          </text>
        </g>
      ))}
      {label && (
        <text className="chart-faint" x={0} y={scale(scale.ticks.at(-1)!) - 10}>
          {label}
        </text>
      )}
    </g>
  );
}

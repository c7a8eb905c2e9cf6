import { recoveryInterval } from '../../shared/chart/interval.ts';
import type { ArmSimilarity, RestoredBlock } from '../../shared/results.ts';
import { BarChart } from '../charts/bar-chart.tsx';
import { type Line, LineChart } from '../charts/line-chart.tsx';
import { armColour, armLineStyle, armMark } from '../charts/palette.ts';
import { formatCount, formatWholePercent } from '../format.ts';
import type { LabelOf } from './label-of.ts';
import { NothingLost, Part } from './part.tsx';

interface InsidesProps {
  readonly similarity: readonly ArmSimilarity[];
  readonly labelOf: LabelOf;
}

/** How far each arm works inside as the original does. */
export function InsidesPart({ similarity, labelOf }: InsidesProps) {
  const chart = { xLabel: 'block', formatX: formatBlock, formatY: formatCosine };
  return (
    <Part
      title="How alike they work inside"
      about="The cosine between what the original and each arm compute on the same inputs, block by block; 1 is the same. A repair that only redirects the model leaves its line near the compressed model’s; one that restores it rises towards 1."
    >
      <div className="grid-2">
        <LineChart
          title="Attention: cosine with the original"
          lines={toLines(similarity, 'attention', labelOf)}
          {...chart}
        />
        <LineChart
          title="Activations: cosine with the original"
          lines={toLines(similarity, 'activation', labelOf)}
          {...chart}
        />
      </div>
    </Part>
  );
}

const toLines = (
  similarity: readonly ArmSimilarity[],
  what: 'attention' | 'activation',
  labelOf: LabelOf,
): Line[] =>
  similarity.map((arm, i) => ({
    name: labelOf(arm.arm),
    note: `${formatCosine(mean(arm[what]))} on average`,
    style: armLineStyle(arm.arm, i),
    points: arm[what].map((cosine, block) => [block, cosine] as const),
  }));

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** Near 1, where hundredths say nothing. */
const formatCosine = (cosine: number): string => cosine.toFixed(3);
/** An axis also has marks between blocks. */
const formatBlock = (block: number): string => (Number.isInteger(block) ? formatCount(block) : '');

/** What each original block brings back alone. */
export function DamagePart({ restored }: { restored: readonly RestoredBlock[] }) {
  const series = {
    key: 'restored',
    name: 'the compressed model with this one block as it was',
    colour: armColour('compressed'),
    mark: armMark('compressed'),
    opacity: 1,
  };
  const groups = restored.map(({ layer, recovery }) => ({
    name: `block ${layer}`,
    bars: [recoveryInterval(recovery)],
  }));
  const drawn = groups.some(({ bars }) => bars.some((bar) => bar !== null));
  return (
    <Part
      title="Where the damage sits"
      about="One original block at a time is put back into the compressed model. The longer the bar, the more of the loss that one block caused."
    >
      {drawn ? (
        <BarChart
          title="Share regained with one original block"
          series={[series]}
          groups={groups}
          format={formatWholePercent}
          label="recovered, 95% interval"
        />
      ) : (
        <NothingLost />
      )}
    </Part>
  );
}

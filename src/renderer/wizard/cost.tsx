import { Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Fit, Need, RunEstimate } from '../../shared/contract/wizard.ts';
import { formatBytes, formatRoughly } from '../format.ts';
import { Failure } from '../notice.tsx';
import { useCall } from '../use-call.ts';
import { useDraft } from './draft.ts';
import { Refused } from './refused.tsx';

const FIT_WORDS: Readonly<Record<Fit, string>> = {
  fits: 'fits',
  tight: 'tight',
  'wont-fit': 'won’t fit',
};

/** The estimate of the draft's recipe; asked for once the reader stops changing it. */
export function useEstimate() {
  const { recipe } = useDraft();
  const [settled] = useDebouncedValue(recipe, 250);
  return useCall('estimate.run', { recipe: settled });
}

/** What the recipe takes on this machine, beside every step. */
export function Cost() {
  const { called, retry } = useEstimate();
  return (
    <aside className="card cost" aria-label="What it takes on this machine">
      <h2 className="card-title">On this machine</h2>
      {called.state === 'waiting' && (
        <Text c="dimmed" size="sm">
          Estimating…
        </Text>
      )}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && called.value.refusal && (
        <Refused refusal={called.value.refusal} />
      )}
      {called.state === 'ready' && <CostList estimate={called.value} />}
    </aside>
  );
}

function CostList({ estimate: { time, memory, disk, size } }: { estimate: RunEstimate }) {
  return (
    <dl className="cost-list" aria-live="polite">
      <div>
        <dt>Time</dt>
        <dd>{formatRoughly(time.seconds)}</dd>
      </div>
      <div>
        <dt>Model</dt>
        <dd>
          {formatBytes(size.original)} → {formatBytes(size.compressedDisk)}
        </dd>
      </div>
      <div>
        <dt>Memory</dt>
        <dd>
          {formatBytes(memory.total)} <FitBadge need={memory} />
        </dd>
      </div>
      <div>
        <dt>Disk</dt>
        <dd>
          {formatBytes(disk.total)} <FitBadge need={disk} />
        </dd>
      </div>
    </dl>
  );
}

export function FitBadge({ need: { fit, available } }: { need: Need }) {
  return (
    <span className={`fit ${fit}`} title={`${formatBytes(available)} available`}>
      {FIT_WORDS[fit]}
    </span>
  );
}

import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { BankRun, BankSizes, BankSummary, Smaller } from '../../shared/contract/banks.ts';
import { WorkBar } from '../components/work-bar.tsx';
import { Failure, Waiting } from '../notice.tsx';
import { useCall } from '../use-call.ts';
import { useWork } from '../use-work.ts';
import { ShrinkSettings } from './shrink-settings.tsx';
import { TrialResult } from './trial-result.tsx';

interface Props {
  readonly bank: BankSummary;
  readonly close: () => void;
}

/** A smaller bank beside this one: made on trial, measured, and kept only if its cost is right. */
export function ShrinkDialog({ bank, close }: Props) {
  const sizes = useCall('banks.sizes', { id: bank.id });
  const runs = useCall('banks.runs', { id: bank.id });
  const asked = [sizes, runs];
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title="Make this bank smaller"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {asked.map(
        ({ called, retry }, i) =>
          called.state === 'failed' && <Failure key={i} error={called.error} retry={retry} />,
      )}
      {asked.some(({ called }) => called.state === 'waiting') && <Waiting />}
      {sizes.called.state === 'ready' && runs.called.state === 'ready' && (
        <Trial bank={bank} sizes={sizes.called.value} runs={runs.called.value} close={close} />
      )}
    </Modal>
  );
}

interface TrialProps extends Props {
  readonly sizes: BankSizes;
  readonly runs: readonly BankRun[];
}

function Trial({ bank, sizes, runs, close }: TrialProps) {
  const [smaller, setSmaller] = useState<Smaller>({ by: 'quantize', bits: 8 });
  const [runId, setRunId] = useState((runs.find(({ id }) => id === bank.runId) ?? runs[0])?.id);
  const { work, start, stop } = useWork('banks.shrink');
  const measure = () => start({ id: bank.id, smaller, ...(runId !== undefined && { runId }) });
  if (work.state === 'done') {
    const { trial } = work.event;
    return <TrialResult bank={bank} smaller={smaller} trial={trial} again={stop} close={close} />;
  }
  if (work.state === 'working') {
    const what = smaller.by === 'prune' ? 'Weighing the tokens and asking' : 'Asking';
    return <WorkBar label={`${what} with and without…`} share={work.share} stop={stop} />;
  }
  return (
    <Stack>
      <ShrinkSettings bank={bank} sizes={sizes} smaller={smaller} onChange={setSmaller} />
      {runs.length > 1 && (
        <Select
          label="Measured on"
          description="The finished run whose held-out questions tell the cost."
          allowDeselect={false}
          data={runs.map(({ id, name }) => ({ value: id, label: name }))}
          value={runId ?? null}
          onChange={(next) => next !== null && setRunId(next)}
        />
      )}
      {runs.length === 0 && (
        <Text size="sm" c="dimmed">
          No finished run here has the model that this bank was made for, so its accuracy cannot be
          measured, nor which tokens matter.
        </Text>
      )}
      {work.state === 'failed' && <Failure error={work.error} retry={measure} />}
      <Group>
        <Button onClick={measure} disabled={smaller.by === 'prune' && runs.length === 0}>
          {runs.length === 0 ? 'Try it' : 'Measure the cost'}
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}

import { Anchor, Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { BankRun, BankSummary } from '../../shared/contract/banks.ts';
import type { ErrorReport } from '../../shared/contract/common.ts';
import { formatWholePercent } from '../format.ts';
import { Failure } from '../notice.tsx';
import { hrefTo } from '../shell/pages.ts';
import { useCall, useClient } from '../use-call.ts';

/** Answers that a new arm of a run makes stale. */
const STALE = ['banks.runs', 'banks.show', 'banks.list', 'compare.show', 'compare.inputs'] as const;

/** The finished runs on whose inputs this bank can be measured, one arm more for each. */
export function CompareBank({ bank }: { bank: BankSummary }) {
  const { called, retry } = useCall('banks.runs', { id: bank.id });
  if (called.state === 'waiting') return null;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  const runs = called.value.filter(({ id }) => id !== bank.runId);
  if (runs.length === 0) return null;
  return (
    <Stack gap="xs" mt="md">
      <Text fw={600}>Compare it on a run</Text>
      <ul className="bank-runs">
        {runs.map((run) => (
          <li key={run.id}>
            <RunRow bank={bank} run={run} />
          </li>
        ))}
      </ul>
    </Stack>
  );
}

type State =
  | { readonly state: 'idle' }
  | { readonly state: 'working'; readonly share: number }
  | { readonly state: 'failed'; readonly error: ErrorReport };

function RunRow({ bank, run }: { bank: BankSummary; run: BankRun }) {
  const { shown, start, stop } = useComparison(run.id, bank.id);
  return (
    <>
      <Group gap="sm" wrap="nowrap">
        <Anchor href={hrefTo('runs', run.id)} className="bank-run-name">
          {run.name}
        </Anchor>
        {shown.state === 'working' ? (
          <>
            <Progress
              value={100 * shown.share}
              aria-label={`Inputs of ${run.name} answered`}
              flex={1}
            />
            <Text size="sm">{formatWholePercent(shown.share)}</Text>
            <Button size="compact-sm" variant="default" onClick={stop}>
              Stop
            </Button>
          </>
        ) : run.compared ? (
          <Anchor href={hrefTo('compare', run.id)} size="sm">
            See it beside the run’s arms
          </Anchor>
        ) : (
          <Button
            size="compact-sm"
            variant="default"
            onClick={start}
            aria-label={`Compare on ${run.name}`}
          >
            Compare
          </Button>
        )}
      </Group>
      {shown.state === 'failed' && <Failure error={shown.error} retry={start} />}
    </>
  );
}

/** Leaving the page stops it, and nothing is kept. */
function useComparison(runId: string, bankId: string) {
  const client = useClient();
  const queries = useQueryClient();
  const leave = useRef<() => void>(undefined);
  const [shown, setShown] = useState<State>({ state: 'idle' });
  useEffect(() => () => leave.current?.(), []);
  const stop = () => {
    leave.current?.();
    setShown({ state: 'idle' });
  };
  const start = () => {
    setShown({ state: 'working', share: 0 });
    leave.current = client.subscribe(
      'compare.bank',
      { runId, bankId },
      {
        event(event) {
          if (event.kind === 'progress') setShown({ state: 'working', share: event.share });
        },
        error: ({ report }) => setShown({ state: 'failed', error: report }),
        async end() {
          for (const name of STALE) await queries.invalidateQueries({ queryKey: [name] });
          setShown({ state: 'idle' });
        },
      },
    );
  };
  return { shown, start, stop };
}

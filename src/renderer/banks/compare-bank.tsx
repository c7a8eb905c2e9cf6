import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { BankRun, BankSummary } from '../../shared/contract/banks.ts';
import { WorkBar } from '../components/work-bar.tsx';
import { Failure } from '../notice.tsx';
import { hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { useWork } from '../use-work.ts';

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

function RunRow({ bank, run }: { bank: BankSummary; run: BankRun }) {
  const queries = useQueryClient();
  const { work, start, stop } = useWork('compare.bank');
  const compare = () => start({ runId: run.id, bankId: bank.id });
  useEffect(() => {
    if (work.state !== 'done') return;
    for (const name of STALE) void queries.invalidateQueries({ queryKey: [name] });
  }, [work.state, queries]);
  return (
    <>
      <Group gap="sm" wrap="nowrap">
        <Anchor href={hrefTo('runs', run.id)} className="bank-run-name">
          {run.name}
        </Anchor>
        {work.state === 'working' ? (
          <WorkBar label={`Asking the questions of ${run.name}…`} share={work.share} stop={stop} />
        ) : run.compared ? (
          <Anchor href={hrefTo('compare', run.id)} size="sm">
            See it beside the run’s arms
          </Anchor>
        ) : (
          <Button
            size="compact-sm"
            variant="default"
            flex="none"
            loading={work.state === 'done'}
            onClick={compare}
            aria-label={`Compare on ${run.name}`}
          >
            Compare
          </Button>
        )}
      </Group>
      {work.state === 'failed' && <Failure error={work.error} retry={compare} />}
    </>
  );
}

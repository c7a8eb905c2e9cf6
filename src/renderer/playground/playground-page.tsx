import { Button, Select } from '@mantine/core';
import type { RunSummary } from '../../shared/contract/runs.ts';
import { PageHeader } from '../components/page-header.tsx';
import { formatDate } from '../format.ts';
import { Empty, Failure, Waiting } from '../notice.tsx';
import { goTo, hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { Bench } from './bench.tsx';
import '../charts/charts.css';
import './playground.css';

/** `#/playground/<run>`: one input, up to four arms. */
export function PlaygroundPage({ parts }: { parts: readonly string[] }) {
  const { called, retry } = useCall('runs.list', {});
  return (
    <>
      <PageHeader title="Playground">
        Ask several arms the same thing and watch them answer side by side.
      </PageHeader>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && <Chosen runs={called.value} asked={parts[0]} />}
    </>
  );
}

function Chosen({ runs, asked }: { runs: readonly RunSummary[]; asked: string | undefined }) {
  const finished = runs.filter(({ headline }) => headline !== null);
  const runId = asked ?? finished[0]?.id;
  if (runId === undefined) return <NothingToAsk />;
  const known = finished.some(({ id }) => id === runId);
  return (
    <>
      <Select
        label="Run"
        data={[
          ...finished.map((run) => ({
            value: run.id,
            label: `${run.name} · ${formatDate(run.createdAt)}`,
          })),
          ...(known ? [] : [{ value: runId, label: runId }]),
        ]}
        value={runId}
        onChange={(id) => id !== null && goTo('playground', id)}
        allowDeselect={false}
        maw={420}
        my="md"
      />
      <Arms runId={runId} />
    </>
  );
}

function NothingToAsk() {
  return (
    <Empty
      title="No arms to ask yet"
      action={
        <Button component="a" href={hrefTo('new')}>
          Start a repair
        </Button>
      }
    >
      A finished run leaves the original, the compressed model and its repairs here to talk to.
    </Empty>
  );
}

function Arms({ runId }: { runId: string }) {
  const { called, retry } = useCall('playground.arms', { runId });
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  return <Bench key={runId} run={called.value} />;
}

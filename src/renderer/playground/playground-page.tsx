import { Anchor, Button, MultiSelect } from '@mantine/core';
import { useState } from 'react';
import type { RunSummary } from '../../shared/contract/runs.ts';
import { PlaygroundIcon } from '../components/icons.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { formatDate } from '../format.ts';
import { Empty, Failure, Waiting } from '../notice.tsx';
import { goTo, hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { Bench, UNTOUCHED } from './bench.tsx';
import '../charts/charts.css';
import './playground.css';

/** As the contract bounds them. */
const MOST_RUNS = 4;

/** `#/playground/<run>,<run>`: one input, up to four arms of these runs. */
export function PlaygroundPage({ parts }: { parts: readonly string[] }) {
  const { called, retry } = useCall('runs.list', {});
  return (
    <>
      <PageHeader title="Playground">
        Ask several arms the same thing and watch them answer side by side.
      </PageHeader>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && (
        <Chosen runs={called.value} asked={parts[0]?.split(',').filter(Boolean) ?? []} />
      )}
    </>
  );
}

function Chosen({ runs, asked }: { runs: readonly RunSummary[]; asked: readonly string[] }) {
  const finished = runs.filter(({ headline }) => headline !== null);
  const [newest] = finished;
  const runIds = asked.length > 0 ? asked.slice(0, MOST_RUNS) : newest ? [newest.id] : [];
  if (runIds.length === 0) return <NothingToAsk />;
  const known = new Set(finished.map(({ id }) => id));
  return (
    <>
      <MultiSelect
        label="Runs"
        description={`Up to ${MOST_RUNS} finished runs; banks of the library that fit them are among their arms`}
        data={[
          ...finished.map((run) => ({
            value: run.id,
            label: `${run.name} · ${formatDate(run.createdAt)}`,
          })),
          ...runIds.filter((id) => !known.has(id)).map((id) => ({ value: id, label: id })),
        ]}
        value={[...runIds]}
        onChange={(ids) => ids.length > 0 && goTo('playground', ids.join(','))}
        maxValues={MOST_RUNS}
        searchable
        nothingFoundMessage="No finished run is called so"
        hidePickedOptions
        my="md"
      />
      <Arms runIds={runIds} />
    </>
  );
}

function NothingToAsk() {
  return (
    <Empty
      icon={<PlaygroundIcon size={32} />}
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

/** Holds what the reader has set, while other runs are chosen and their arms are on their way. */
function Arms({ runIds }: { runIds: readonly string[] }) {
  const [state, setState] = useState(UNTOUCHED);
  const { called, retry } = useCall('playground.arms', { runIds: [...runIds] });
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') {
    const back = <Anchor href={hrefTo('playground')}>Choose another run</Anchor>;
    return <Failure error={called.error} retry={retry} action={back} />;
  }
  return (
    <Bench
      runs={called.value}
      state={state}
      change={(changes) => setState((now) => ({ ...now, ...changes }))}
    />
  );
}

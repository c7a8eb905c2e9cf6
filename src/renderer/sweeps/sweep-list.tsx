import { Button } from '@mantine/core';
import type { SweepSummary } from '../../shared/contract/sweeps.ts';
import type { Sweep } from '../../shared/sweep.ts';
import { SweepsIcon } from '../components/icons.tsx';
import { OpenJson } from '../components/open-json.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { formatDate } from '../format.ts';
import { Empty, Failure, Waiting } from '../notice.tsx';
import { hrefTo } from '../shell/pages.ts';
import { useCall, useClient } from '../use-call.ts';
import { asSweep, NEW_SWEEP } from './draft.ts';

export function SweepList({ edit }: { edit: (sweep: Sweep) => void }) {
  const client = useClient();
  const open = async (value: unknown) =>
    edit((await client.call('sweeps.check', { sweep: asSweep(value) })).sweep);
  const { called, retry } = useCall('sweeps.list', {});
  return (
    <div className="page sweeps">
      <PageHeader
        title="Sweeps"
        actions={<Button onClick={() => edit(NEW_SWEEP)}>New sweep</Button>}
      >
        One recipe, many runs: every combination of compressions, tunings and seeds, side by side.
      </PageHeader>
      <OpenJson
        invitation="Drop a recipe here, of a sweep or of one run, or"
        button="Open a recipe"
        label="Recipe file"
        open={open}
      />
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' &&
        (called.value.length === 0 ? <NoSweeps /> : <Sweeps sweeps={called.value} />)}
    </div>
  );
}

const NoSweeps = () => (
  <Empty icon={<SweepsIcon size={32} />} title="No sweeps yet">
    A sweep answers “which compression, which prompt length?” in one go. Start a new one, or open a
    recipe file; its runs wait in the queue like any other.
  </Empty>
);

function Sweeps({ sweeps }: { sweeps: readonly SweepSummary[] }) {
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="visually-hidden">Sweeps, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Sweep</th>
            <th scope="col">Runs done</th>
            <th scope="col">Started</th>
          </tr>
        </thead>
        <tbody>
          {sweeps.map(({ id, name, runs, done, createdAt }) => (
            <tr key={id}>
              <th scope="row" className="name">
                <a href={hrefTo('sweeps', id)}>{name}</a>
              </th>
              <td>
                {done} of {runs}
              </td>
              <td>{formatDate(createdAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

import { Button, Progress } from '@mantine/core';
import type { RunStatus } from '../../shared/contract/runs.ts';
import type { SweepDetail } from '../../shared/contract/sweeps.ts';
import type { Sweep } from '../../shared/sweep.ts';
import { PageHeader } from '../components/page-header.tsx';
import { Failure, Waiting } from '../notice.tsx';
import { saveJson } from '../save-file.ts';
import { goTo } from '../shell/pages.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction, useCall } from '../use-call.ts';
import { Matrix } from './matrix.tsx';

interface Props {
  readonly id: string;
  readonly edit: (sweep: Sweep) => void;
}

const STALE = ['sweeps.show', 'sweeps.list', 'runs.list'] as const;

export function SweepPanel({ id, edit }: Props) {
  const { called, retry } = useCall('sweeps.show', { id });
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  return <Shown detail={called.value} edit={edit} />;
}

function Shown({ detail, edit }: { detail: SweepDetail; edit: Props['edit'] }) {
  const act = useAction();
  const { show } = useToasts();
  const { id, name, sweep, runs, done, matrix } = detail;
  const goOn = async () => {
    const started = await act('sweeps.start', { sweep }, STALE);
    // A preset that means something else by now makes another sweep of it.
    if (started !== undefined && started.id !== id) goTo('sweeps', started.id);
  };
  const at = (status: RunStatus) =>
    matrix.rows.flatMap((row) => (row.status === status && row.runId ? [row.runId] : []));
  const working = [...at('queued'), ...at('running')];
  // Those that wait come first, so that none of them begins in the meantime.
  const pause = async () => {
    for (const run of working) await act('runs.pause', { id: run }, STALE);
  };
  const remove = async () => {
    if ((await act('sweeps.delete', { id }, ['sweeps.list'])) === undefined) return;
    goTo('sweeps');
    const restore = () => act('sweeps.restore', { id }, ['sweeps.list']);
    const undo = { label: 'Undo', run: () => void restore() };
    show({ title: `“${name}” is deleted`, detail: 'Its runs stay.', action: undo });
  };
  const stopped = matrix.rows.some(
    ({ status }) => status !== 'done' && status !== 'queued' && status !== 'running',
  );
  return (
    <div className="page sweeps">
      <PageHeader
        title={name}
        actions={
          <>
            {working.length > 0 && <Button onClick={pause}>Pause</Button>}
            {stopped && <Button onClick={goOn}>Go on</Button>}
            <Button variant="default" onClick={() => edit(sweep)}>
              Edit a copy
            </Button>
            <Button variant="default" onClick={() => saveJson(sweep.name, sweep)}>
              Save recipe
            </Button>
            <Button variant="default" onClick={remove}>
              Delete
            </Button>
          </>
        }
      >
        {`${done} of ${runs} ${runs === 1 ? 'run' : 'runs'} done. Deleting a sweep keeps its runs.`}
      </PageHeader>
      <Progress value={(100 * done) / runs} aria-label="Runs done" />
      <Matrix matrix={matrix} />
    </div>
  );
}

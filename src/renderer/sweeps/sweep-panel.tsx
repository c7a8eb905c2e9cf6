import { Button, Progress } from '@mantine/core';
import type { SweepDetail } from '../../shared/contract/sweeps.ts';
import type { Sweep } from '../../shared/sweep.ts';
import { PageHeader } from '../components/page-header.tsx';
import { Failure, Waiting } from '../notice.tsx';
import { goTo } from '../shell/pages.ts';
import { useAction, useCall } from '../use-call.ts';
import { saveSweep } from './draft.ts';
import { Matrix } from './matrix.tsx';

interface Props {
  readonly id: string;
  readonly edit: (sweep: Sweep) => void;
}

export function SweepPanel({ id, edit }: Props) {
  const { called, retry } = useCall('sweeps.show', { id });
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  return <Shown detail={called.value} edit={edit} />;
}

function Shown({ detail, edit }: { detail: SweepDetail; edit: Props['edit'] }) {
  const act = useAction();
  const { id, name, sweep, runs, done, matrix } = detail;
  const goOn = () => act('sweeps.start', { sweep }, ['sweeps.show', 'sweeps.list', 'runs.list']);
  const forget = async () => {
    if ((await act('sweeps.remove', { id }, ['sweeps.list'])) !== undefined) goTo('sweeps');
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
            {stopped && <Button onClick={goOn}>Go on</Button>}
            <Button variant="default" onClick={() => edit(sweep)}>
              Edit a copy
            </Button>
            <Button variant="default" onClick={() => saveSweep(sweep)}>
              Save recipe
            </Button>
            <Button variant="default" onClick={forget}>
              Forget
            </Button>
          </>
        }
      >
        {`${done} of ${runs} runs done. Forgetting a sweep keeps its runs.`}
      </PageHeader>
      <Progress value={(100 * done) / runs} aria-label="Runs done" />
      <Matrix matrix={matrix} />
    </div>
  );
}

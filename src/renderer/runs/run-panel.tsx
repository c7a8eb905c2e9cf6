import type { RunDetail, RunStatus } from '../../shared/contract.ts';
import { formatDate, formatDuration } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { useCall } from '../use-call.ts';
import { ArmsTable } from './arms-table.tsx';
import { describeRecipe } from './describe.ts';
import { StatusBadge } from './status-badge.tsx';
import { TasksTable } from './tasks-table.tsx';

const ENDED_EARLY: ReadonlySet<RunStatus> = new Set(['failed', 'cancelled']);

export function RunPanel({ id }: { id: string }) {
  const { called, retry } = useCall('runs.show', { id });
  return (
    <section className="panel" aria-label={`Run ${id}`}>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && <RunView run={called.value} />}
    </section>
  );
}

/** The verdict in words, then the numbers. */
export function RunView({ run }: { run: RunDetail }) {
  return (
    <>
      <h2>
        {describeRecipe(run.recipe)} <StatusBadge status={run.status} />
      </h2>
      <RunFacts run={run} />
      {run.error && (
        <div className="notice failure">
          <p>{run.error.message}</p>
          <p>{run.error.next}</p>
          <p className="faint">{run.error.code}</p>
        </div>
      )}
      {run.outcome ? (
        <>
          <p className="verdict">{run.outcome.results.verdict}</p>
          <ArmsTable results={run.outcome.results} timings={run.outcome.timings} />
          <TasksTable results={run.outcome.results} />
        </>
      ) : (
        <p className="faint">
          {ENDED_EARLY.has(run.status)
            ? 'The run ended before its arms were compared.'
            : 'The arms are compared at the end of the run.'}
        </p>
      )}
    </>
  );
}

function RunFacts({ run }: { run: RunDetail }) {
  const facts: readonly (readonly [name: string, value: string])[] = [
    ['Run', run.id],
    ['Started', formatDate(run.startedAt)],
    ['Took', duration(run)],
    ['Seed', String(run.seed)],
    ['Device', run.device ?? '–'],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function duration({ startedAt, finishedAt }: RunDetail): string {
  return startedAt === null || finishedAt === null ? '–' : formatDuration(finishedAt - startedAt);
}

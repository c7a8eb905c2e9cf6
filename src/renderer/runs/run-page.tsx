import { Button, Group, Progress, Text, Title } from '@mantine/core';
import type { RunDetail, RunStatus } from '../../shared/contract/runs.ts';
import { PageHeader } from '../components/page-header.tsx';
import {
  formatAgo,
  formatDate,
  formatDuration,
  formatRoughly,
  formatWholePercent,
} from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { goTo, hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { describeRecipe } from './describe.ts';
import { LossChart } from './loss-chart.tsx';
import { RunMenu } from './run-menu.tsx';
import { RunNotes } from './run-notes.tsx';
import { RunOutcome } from './run-outcome.tsx';
import { RunSamples } from './run-samples.tsx';
import { RunUsage } from './run-usage.tsx';
import { Stages } from './stages.tsx';
import { StatusBadge } from './status-badge.tsx';
import { useRunActions } from './use-run-actions.ts';
import { useRunProgress, type WatchedRun } from './use-run-progress.ts';

/** One run: while it works its stages and loss, at the end the verdict in words, then the numbers. */
export function RunPage({ id }: { id: string }) {
  const { run, metrics, notices, samples, error, again } = useRunProgress(id);
  if (run === null && error !== null) {
    return (
      <div className="page">
        <PageHeader title="Run" />
        <Failure
          error={error}
          retry={again}
          action={
            <Button component="a" href={hrefTo('runs')} size="xs" variant="default">
              All runs
            </Button>
          }
        />
      </div>
    );
  }
  if (run === null) return <Waiting />;
  return (
    <div className="page">
      <RunHeader run={run} />
      {run.error && <RunError run={run} />}
      <RunView run={run} metrics={metrics} notices={notices} samples={samples} />
    </div>
  );
}

function RunHeader({ run }: { run: RunDetail }) {
  const { headline, recipe } = run;
  return (
    <header>
      <Group justify="space-between" align="flex-start" gap="md">
        <div>
          <Group gap="md">
            <Title order={1} size="h2">
              {run.name}
            </Title>
            <StatusBadge run={run} />
          </Group>
          <Text c="dimmed" size="sm">
            {describeRecipe(recipe)} · made{' '}
            <time dateTime={new Date(run.createdAt).toISOString()}>
              {formatAgo(run.createdAt, Date.now())}
            </time>
          </Text>
        </div>
        <Group gap="xs">
          <RunButtons run={run} />
          {headline && (
            <>
              <Button component="a" href={hrefTo('compare', run.id)}>
                Compare inputs
              </Button>
              <Button component="a" href={hrefTo('runs', run.id, 'analysis')} variant="default">
                Analysis
              </Button>
              <Button component="a" href={hrefTo('playground', run.id)} variant="default">
                Playground
              </Button>
              <BankButton runId={run.id} />
            </>
          )}
          <RunMenu run={run} onRemoved={() => goTo('runs')} />
        </Group>
      </Group>
    </header>
  );
}

/** To the bank that the run made, with its export; gone when the bank is deleted. */
function BankButton({ runId }: { runId: string }) {
  const { called } = useCall('banks.list', {});
  const bank =
    called.state === 'ready' ? called.value.find((found) => found.runId === runId) : undefined;
  if (bank === undefined) return null;
  return (
    <Button component="a" href={hrefTo('banks', bank.id)} variant="default">
      Prompt bank
    </Button>
  );
}

const RESUMABLE: ReadonlySet<RunStatus> = new Set(['paused', 'interrupted', 'failed', 'cancelled']);

/** Pause, resume, stop and cancel, as far as they make sense now. */
function RunButtons({ run }: { run: RunDetail }) {
  const { id, status, stopping, deletedAt } = run;
  const actions = useRunActions();
  if (deletedAt !== null) return <Button onClick={() => actions.restore(id)}>Bring back</Button>;
  return (
    <>
      {status === 'running' && (
        <Button variant="default" disabled={stopping} onClick={() => actions.pause(id)}>
          Pause
        </Button>
      )}
      {canFinish(run) && (
        <Button
          variant="default"
          disabled={stopping}
          title="Ends tuning now, keeps the best so far, and compares that"
          onClick={() => actions.stop(id)}
        >
          Stop and keep
        </Button>
      )}
      {(status === 'running' || status === 'queued') && (
        <Button
          variant="default"
          className="danger"
          disabled={stopping}
          title="Ends the run and removes what it made"
          onClick={() => actions.cancel(id)}
        >
          Cancel
        </Button>
      )}
      {RESUMABLE.has(status) && <Button onClick={() => actions.resume(id)}>Resume</Button>}
    </>
  );
}

const FINISHABLE: ReadonlySet<RunStatus> = new Set(['running', 'paused', 'interrupted', 'failed']);

/** Whether something is tuned half-way and nothing has been compared yet. */
const canFinish = ({ status, stages }: RunDetail): boolean =>
  FINISHABLE.has(status) &&
  stages.some(({ name, progress }) => name.startsWith('tune:') && progress > 0) &&
  stages.some(({ name, status }) => name.startsWith('tune:') && status !== 'done');

function RunError({ run: { id, error, status } }: { run: RunDetail }) {
  const actions = useRunActions();
  if (error === null) return null;
  return (
    <Failure
      error={error}
      action={
        RESUMABLE.has(status) && (
          <Button size="xs" onClick={() => actions.resume(id)}>
            Resume from the last checkpoint
          </Button>
        )
      }
    />
  );
}

type ViewProps = Pick<WatchedRun, 'metrics' | 'notices' | 'samples'> & { readonly run: RunDetail };

/** The verdict in words, then the numbers; until then, how far the run is. */
function RunView({ run, metrics, notices, samples }: ViewProps) {
  return (
    <>
      {run.outcome && <RunOutcome outcome={run.outcome} />}
      {run.outcome === null && <RunWork run={run} metrics={metrics} />}
      <RunSamples samples={samples} stages={run.stages} seeds={run.recipe?.repeats ?? 1} />
      <div className="run-rest">
        <div className="page">
          {run.outcome && <Work run={run} />}
          {run.outcome === null && <RunNotes id={run.id} tags={run.tags} notes={run.notes} />}
          <Facts run={run} />
        </div>
        <div className="page">
          {run.outcome && <RunNotes id={run.id} tags={run.tags} notes={run.notes} />}
          <RunUsage memory={run.memory} disk={run.disk} />
        </div>
      </div>
      {notices.length > 0 && (
        <section className="card" aria-labelledby="notices">
          <h2 className="card-title" id="notices">
            Worth knowing
          </h2>
          <ul className="notices">
            {notices.map(({ at, stage, message }) => (
              <li key={`${at} ${stage} ${message}`}>
                {message} <span className="faint">({stage})</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

const EXPLAINED: Readonly<Partial<Record<RunStatus, string>>> = {
  paused: 'Paused. Resume goes on from the last step, to the same result.',
  interrupted:
    'Something ended the work from outside. Resume goes on from the last checkpoint; nothing that was done is lost.',
  cancelled: 'The run ended before its arms were compared.',
  failed: 'The run ended before its arms were compared.',
};

function RunWork({ run, metrics }: Pick<ViewProps, 'run' | 'metrics'>) {
  const moving = run.status === 'running';
  const stage = run.stages.find(({ status }) => status === 'running');
  const seeds = run.recipe?.repeats ?? 1;
  const tuned =
    stage?.name.startsWith('tune') === true
      ? stage
      : run.stages.findLast(({ name, status }) => name.startsWith('tune') && status !== 'pending');
  return (
    <section className="card work" aria-label="Progress">
      <Group justify="space-between" align="baseline">
        <Text size="xl" fw={620}>
          {formatWholePercent(run.progress)}
        </Text>
        <Text c="dimmed" role="status">
          {EXPLAINED[run.status] ?? waitingText(run)}
        </Text>
      </Group>
      <Progress value={100 * run.progress} size="lg" mt="xs" mb="md" aria-label="The whole run" />
      <div className={tuned ? 'work-split' : undefined}>
        {run.stages.length > 0 && <Stages stages={run.stages} seeds={seeds} moving={moving} />}
        {tuned && <LossChart stage={tuned.name} metrics={metrics} />}
      </div>
    </section>
  );
}

/** Below this share the time left is only a guess. */
const ENOUGH = 0.03;

function waitingText({ status, queuePosition, progress, startedAt, stopping }: RunDetail): string {
  if (status === 'queued') {
    return queuePosition === null || queuePosition === 1
      ? 'Starts as soon as the machine is free.'
      : `Number ${queuePosition} in the queue.`;
  }
  if (stopping) return 'Stopping after this step…';
  if (startedAt === null || progress < ENOUGH)
    return 'The arms are compared at the end of the run.';
  const seconds = (Date.now() - startedAt) / 1000;
  return `${formatRoughly((seconds * (1 - progress)) / progress)} left`;
}

function Work({ run }: { run: RunDetail }) {
  return (
    <section className="card" aria-labelledby="work">
      <h2 className="card-title" id="work">
        What was done
      </h2>
      <Stages stages={run.stages} seeds={run.recipe?.repeats ?? 1} moving={false} />
    </section>
  );
}

function Facts({ run }: { run: RunDetail }) {
  const took =
    run.startedAt === null || run.finishedAt === null
      ? '–'
      : formatDuration(run.finishedAt - run.startedAt);
  return (
    <section className="card" aria-labelledby="facts">
      <h2 className="card-title" id="facts">
        Facts
      </h2>
      <dl className="pairs">
        <dt>Started</dt>
        <dd>{formatDate(run.startedAt)}</dd>
        <dt>Took</dt>
        <dd>{took}</dd>
        <dt>Seed</dt>
        <dd>{run.seed}</dd>
        <dt>Device</dt>
        <dd>{run.device ?? '–'}</dd>
        <dt>Run</dt>
        <dd>
          <code>{run.id}</code>
        </dd>
        <dt>Model</dt>
        <dd>
          <code title={run.modelHash ?? undefined}>{run.modelHash?.slice(0, 12) ?? '–'}</code>
        </dd>
      </dl>
    </section>
  );
}

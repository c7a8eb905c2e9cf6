import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { lockRun } from '../db/lock.ts';
import { writeMetrics } from '../db/metrics.ts';
import type { Store } from '../db/open.ts';
import { type Run, raiseDiskPeak, updateRun } from '../db/runs.ts';
import type { MetricRow, StageRow } from '../db/schema.ts';
import {
  finishStage,
  listStages,
  planStages,
  progressStage,
  resetStage,
  startStage,
  stopStage,
} from '../db/stages.ts';
import { folderBytes, hashFolder } from './artefact.ts';
import type { RunEvent, Stage, StageContext } from './stage.ts';

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

/** A share moves on for the eye; more events than this would only keep the processes busy. */
const EVENT_INTERVAL = 100;
/** At most one row of progress is written per this many milliseconds: each write is a disk flush. */
const WRITE_INTERVAL = 1000;

/**
 * Works through the stages in order. Done stages whose artefact still has its recorded hash are
 * skipped; when a stage is redone and comes out different, the stages after it are redone too.
 * @throws KintsugiError CANCELLED when the signal was raised (the run is then `paused`), and whatever
 *   a stage threw (the run is then `failed`); both can be resumed
 */
export async function executeRun(
  store: Store,
  run: Run,
  stages: readonly Stage[],
  options: RunOptions,
): Promise<void> {
  const release = lockRun(run.directory);
  if (release === undefined) throw alreadyRunning(run);
  try {
    await updateRun(store.db, run.id, {
      status: 'running',
      started_at: run.startedAt ?? Date.now(),
      finished_at: null,
      error_code: null,
      error_message: null,
      error_next: null,
    });
    await runStages(store, run, stages, options);
    await updateRun(store.db, run.id, { status: 'done', finished_at: Date.now() });
  } catch (error) {
    await recordStop(store, run, error, options.signal.aborted);
    throw error;
  } finally {
    release();
  }
}

async function runStages(
  store: Store,
  run: Run,
  stages: readonly Stage[],
  options: RunOptions,
): Promise<void> {
  await planStages(
    store.db,
    run.id,
    stages.map((stage) => stage.name),
  );
  const before = new Map((await listStages(store.db, run.id)).map((row) => [row.name, row]));
  for (const [index, stage] of stages.entries()) {
    const row = before.get(stage.name)!;
    if (await isDone(run, stage, row)) {
      options.onEvent({ kind: 'stage-skipped', stage: stage.name });
      continue;
    }
    options.onEvent({ kind: 'stage-started', stage: stage.name, index, count: stages.length });
    await runStage(store, run, stage, options, async (hash) => {
      if (row.artefact_hash === null || row.artefact_hash === hash) return;
      const later = stages.slice(index + 1);
      await discard(store, run, later);
      for (const { name } of later) before.set(name, { ...before.get(name)!, status: 'pending' });
    });
  }
}

async function isDone(run: Run, stage: Stage, row: StageRow): Promise<boolean> {
  if (row.status !== 'done') return false;
  if (stage.artefact === undefined) return true;
  const folder = join(run.directory, stage.artefact);
  return existsSync(folder) && (await hashFolder(folder, stage.unhashed)) === row.artefact_hash;
}

/** What was made from an input that has changed since is of no use, nor are its checkpoints. */
async function discard(store: Store, run: Run, stages: readonly Stage[]): Promise<void> {
  for (const stage of stages) {
    await resetStage(store.db, run.id, stage.name);
    await removeFolder(scratchOf(run, stage));
    if (stage.artefact !== undefined) await removeFolder(join(run.directory, stage.artefact));
  }
}

/** Stage names may hold characters that file names may not. */
const scratchOf = (run: Run, { name }: Stage): string =>
  join(run.directory, 'scratch', name.replaceAll(/[^\w.@-]/g, '-'));

const removeFolder = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

/** `beforeDone` is told the hash of the stage's artefact before the stage counts as done. */
async function runStage(
  store: Store,
  run: Run,
  stage: Stage,
  options: RunOptions,
  beforeDone: (hash: string | null) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  await startStage(store.db, run.id, stage.name);
  const journal = createJournal(store, run, stage);
  const outcome: Outcome = { remark: null, leftOut: false };
  try {
    options.signal.throwIfAborted();
    const context = stageContext(stage, journal, options);
    await stage.run({ scratch: scratchOf(run, stage), ...context, ...outcomeContext(outcome) });
    await journal.flush();
    const { artefact } = stage;
    const hash =
      artefact === undefined || outcome.leftOut
        ? null
        : await hashFolder(join(run.directory, artefact), stage.unhashed);
    await beforeDone(hash);
    await finishStage(
      store.db,
      run.id,
      stage.name,
      artefact && hash ? { path: artefact, hash } : undefined,
      outcome.remark,
    );
    await raiseDiskPeak(store.db, run.id, await folderBytes(run.directory));
    await removeFolder(scratchOf(run, stage));
    const seconds = (performance.now() - startedAt) / 1000;
    options.onEvent({ kind: 'stage-done', stage: stage.name, seconds });
  } catch (error) {
    await journal.flush();
    await stopStage(store.db, run.id, stage.name, options.signal.aborted ? 'pending' : 'failed');
    throw options.signal.aborted ? cancelled(run, error) : error;
  }
}

interface Outcome {
  remark: string | null;
  leftOut: boolean;
}

const outcomeContext = (outcome: Outcome): Pick<StageContext, 'remark' | 'leaveOut'> => ({
  remark: (text) => Object.assign(outcome, { remark: text }),
  leaveOut: (why) => Object.assign(outcome, { remark: why, leftOut: true }),
});

function stageContext(
  stage: Stage,
  journal: Journal,
  { signal, onEvent }: RunOptions,
): Omit<StageContext, 'scratch' | 'remark' | 'leaveOut'> {
  const pace = createPace();
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    signal,
    progress(share, secondsLeft = pace(share)) {
      journal.progress(share);
      if (performance.now() - toldAt < EVENT_INTERVAL) return;
      toldAt = performance.now();
      onEvent({
        kind: 'stage-progress',
        stage: stage.name,
        share,
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
      });
    },
    metric: journal.metric,
    notice: (message) => onEvent({ kind: 'notice', stage: stage.name, message }),
  };
}

/** Seconds left at the mean pace since the first share that was told. */
function createPace(): (share: number) => number | undefined {
  let first: { readonly share: number; readonly at: number } | undefined;
  return (share) => {
    const at = performance.now();
    first ??= { share, at };
    if (share <= first.share) return undefined;
    return (((at - first.at) / 1000) * (1 - share)) / (share - first.share);
  };
}

interface Journal {
  progress(share: number): void;
  metric(step: number, name: string, value: number): void;
  flush(): Promise<void>;
}

/** Collects a stage's progress and metrics and writes them now and then, one write after another. */
function createJournal(store: Store, run: Run, stage: Stage): Journal {
  let metrics: MetricRow[] = [];
  let share: number | undefined;
  let writtenAt = 0;
  let writing = Promise.resolve();
  let failure: unknown;

  const write = () => {
    const rows = metrics;
    const progress = share;
    metrics = [];
    share = undefined;
    writtenAt = performance.now();
    writing = writing
      .then(async () => {
        await writeMetrics(store.db, rows);
        if (progress !== undefined) await progressStage(store.db, run.id, stage.name, progress);
      })
      // Thrown at the next flush, in the stage that it belongs to.
      .catch((error: unknown) => {
        failure ??= error;
      });
  };
  const writeWhenDue = () => {
    if (performance.now() - writtenAt >= WRITE_INTERVAL) write();
  };
  return {
    progress(value) {
      share = value;
      writeWhenDue();
    },
    metric(step, name, value) {
      metrics.push({ run_id: run.id, stage: stage.name, step, name, value });
      writeWhenDue();
    },
    async flush() {
      write();
      await writing;
      if (failure !== undefined) throw failure;
    },
  };
}

async function recordStop(
  store: Store,
  run: Run,
  error: unknown,
  cancelledByUser: boolean,
): Promise<void> {
  if (cancelledByUser) {
    await updateRun(store.db, run.id, { status: 'paused' });
    return;
  }
  const known = error instanceof KintsugiError ? error : undefined;
  await updateRun(store.db, run.id, {
    status: 'failed',
    finished_at: Date.now(),
    error_code: known?.code ?? 'INTERNAL',
    error_message: error instanceof Error ? error.message : String(error),
    error_next: known?.next ?? 'Run it again with --verbose and report the message.',
  });
}

function cancelled(run: Run, cause: unknown): KintsugiError {
  return new KintsugiError('CANCELLED', `Run ${run.id} was stopped.`, {
    next: `Continue it with "kintsugi runs resume ${run.id}".`,
    cause,
  });
}

function alreadyRunning(run: Run): KintsugiError {
  return new KintsugiError(
    'ARGUMENT_INVALID',
    `Run ${run.id} is being worked on by another process.`,
    {
      next: 'Wait for it, or stop that process first.',
    },
  );
}

import { EventEmitter } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import type { Recipe } from '../../shared/recipe.ts';
import type { RunEvent as StageEvent } from '../compute/stage.ts';
import { saveNotice } from '../db/notices.ts';
import type { Store } from '../db/open.ts';
import { deleteRun, findRun, listRuns, type Run, updateRun } from '../db/runs.ts';
import type { RunStatus, StageRow } from '../db/schema.ts';
import { listStages } from '../db/stages.ts';
import type { Compute } from './compute.ts';
import { follow, type Live, NOT_RUNNING } from './live.ts';

export interface NewJob {
  readonly recipe: Recipe;
  readonly name: string;
  readonly force: boolean;
  /** As the wizard showed it; kept beside the peak that is measured. */
  readonly estimate: object | null;
  readonly sweep?: { readonly id: string; readonly position: number };
}

/** The queue of runs: one at a time, in the order in which they joined. */
export interface Jobs {
  add(job: NewJob): Promise<Run>;
  /** @throws KintsugiError RUN_STATUS when the run cannot be paused */
  pause(id: string): Promise<void>;
  /** @throws KintsugiError RUN_STATUS when the run is working or done */
  resume(id: string): Promise<void>;
  /**
   * Ends tuning at its next step, keeps the best so far and compares that; a run that does not work
   * now is resumed for it. @throws KintsugiError RUN_STATUS when it is not in the midst of tuning
   */
  finish(id: string): Promise<void>;
  /** Ends the run and removes what it made; it can be begun anew. */
  cancel(id: string): Promise<void>;
  live(id: string): Live;
  /** Ids in the order in which they will run. */
  waiting(): Promise<string[]>;
  /** Called with the id of a run whose row changed; returns the function that ends it. */
  onChange(listener: (id: string) => void): () => void;
  /** To be called after a change of a run's row from elsewhere. */
  changed(id: string): void;
  /** Pauses what runs and starts nothing more; resolves when it has stopped. */
  close(): Promise<void>;
}

interface Active {
  readonly id: string;
  readonly controller: AbortController;
  readonly finish: AbortController;
  /** What the run shall be once it has stopped; null while nobody asked. */
  intent: { readonly status: RunStatus; readonly keep: boolean } | null;
  live: Live;
  peak: number;
  ended: Promise<void>;
}

export interface JobsOptions {
  /** Milliseconds that a run has to stop politely before its process is killed. */
  readonly patience: number;
}

const RESUMABLE: readonly RunStatus[] = ['paused', 'interrupted', 'failed', 'cancelled'];

/**
 * Opens the queue: runs that a crash cut off are marked interrupted, and what was waiting goes on.
 * The store must be open as long as the queue.
 */
export async function openJobs(
  { db }: Store,
  compute: Compute,
  { patience }: JobsOptions = { patience: 30_000 },
): Promise<Jobs> {
  const changes = new EventEmitter().setMaxListeners(0);
  let active: Active | undefined;
  let closing = false;
  let pumping = Promise.resolve();

  const changed = (id: string) => void changes.emit('change', id);
  const update = async (id: string, changes: Parameters<typeof updateRun>[2]) => {
    await updateRun(db, id, changes);
    changed(id);
  };

  async function waiting(): Promise<string[]> {
    const runs = (await listRuns(db)).filter(
      ({ status, queuedAt }) => status === 'queued' && queuedAt !== null,
    );
    return runs
      .sort((a, b) => a.queuedAt! - b.queuedAt! || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id);
  }

  /** Starts the next run unless one is working; calls queue up so that only one ever decides. */
  function pump(): Promise<void> {
    pumping = pumping.then(async () => {
      if (active !== undefined || closing) return;
      const [next] = await waiting();
      if (next !== undefined) begin(await findRun(db, next));
    });
    return pumping;
  }

  function begin(run: Run): void {
    const job: Active = {
      id: run.id,
      controller: new AbortController(),
      finish: new AbortController(),
      intent: null,
      live: NOT_RUNNING,
      peak: run.memoryPeak ?? 0,
      ended: Promise.resolve(),
    };
    active = job;
    job.ended = work(job, run.force)
      .catch((error) => console.error(error))
      .finally(() => {
        active = undefined;
        changed(job.id);
        void pump();
      });
  }

  async function work(job: Active, force: boolean): Promise<void> {
    const { id } = job;
    // Seen as running at once, although the worker says so itself a moment later.
    const outcome = compute
      .ask(
        'run.execute',
        { id, force },
        {
          signal: job.controller.signal,
          finish: job.finish.signal,
          onEvent: (event: StageEvent) => note(job, event),
        },
      )
      .then(
        () => undefined,
        (error: KintsugiError) => error,
      );
    changed(id);
    await settle(job, await outcome);
  }

  function note(job: Active, event: StageEvent): void {
    job.live = { ...follow(job.live, event), stopping: job.intent !== null };
    if (event.kind === 'notice') {
      const { stage, message } = event;
      void saveNotice(db, job.id, { at: Date.now(), stage, message }).then(() => changed(job.id));
    } else if (event.kind !== 'stage-progress') {
      changed(job.id);
    }
  }

  /** What the run is now that its work has ended, however it did. */
  async function settle(job: Active, error: KintsugiError | undefined): Promise<void> {
    const { id, intent } = job;
    if (job.peak > 0) await updateRun(db, id, { memory_peak: job.peak });
    if (error === undefined) return;
    if (intent !== null) {
      await update(id, { status: intent.status, queued_at: null });
      if (!intent.keep) await discardFolder(await findRun(db, id));
    } else if (error.code === 'COMPUTE_CRASHED') {
      await update(id, {
        status: 'interrupted',
        error_code: error.code,
        error_message: error.message,
        error_next: error.next,
      });
    } else if ((await findRun(db, id)).status === 'queued') {
      // It failed before its first stage, where the runner writes nothing down.
      await update(id, {
        status: 'failed',
        finished_at: Date.now(),
        error_code: error.code,
        error_message: error.message,
        error_next: error.next,
      });
    }
  }

  /** Asks politely first; a process that does not stop in time is killed. */
  async function halt(job: Active, intent: NonNullable<Active['intent']>): Promise<void> {
    job.intent = intent;
    job.live = { ...job.live, stopping: true };
    job.controller.abort();
    changed(job.id);
    const timer = setTimeout(() => compute.kill('runs'), patience);
    await job.ended.finally(() => clearTimeout(timer));
  }

  async function end(id: string, intent: NonNullable<Active['intent']>): Promise<void> {
    if (active?.id === id) {
      // Answered at once: the screen shows that it is stopping, and then that it has.
      void halt(active, intent);
      return;
    }
    const run = await findRun(db, id);
    const allowed: readonly RunStatus[] =
      intent.status === 'paused' ? ['queued'] : ['queued', 'paused', 'interrupted', 'failed'];
    if (!allowed.includes(run.status))
      throw wrongStatus(run, intent.status === 'paused' ? 'paused' : 'stopped');
    await update(id, { status: intent.status, queued_at: null });
    if (!intent.keep) await discardFolder(run);
  }

  async function resume(id: string): Promise<void> {
    const run = await findRun(db, id);
    if (active?.id === id || !RESUMABLE.includes(run.status)) throw wrongStatus(run, 'resumed');
    // A run that was cancelled is begun anew, as its recipe says.
    const anew = run.status === 'cancelled' ? { finish_early: 0 } : {};
    await update(id, { status: 'queued', queued_at: Date.now(), finished_at: null, ...anew });
    await pump();
  }

  compute.onRunMemory((bytes) => {
    if (active !== undefined) active.peak = Math.max(active.peak, bytes);
  });
  await adoptInterrupted(db);
  await emptyBin(db);
  void pump();

  return {
    async add({ recipe, name, force, estimate, sweep }) {
      const id = await compute.ask('run.create', { recipe });
      await update(id, {
        name,
        force: force ? 1 : 0,
        queued_at: Date.now(),
        ...(sweep && { sweep_id: sweep.id, sweep_position: sweep.position }),
        estimate: estimate === null ? null : JSON.stringify(estimate),
      });
      await pump();
      return findRun(db, id);
    },
    pause: (id) => end(id, { status: 'paused', keep: true }),
    resume,
    async finish(id) {
      const run = await findRun(db, id);
      if (!isTuning(await listStages(db, id))) throw notTuning(run);
      // Written first: a crash in between must not forget what was asked for.
      await update(id, { finish_early: 1 });
      if (active?.id === id) active.finish.abort();
      else if (run.status !== 'queued') await resume(id);
    },
    cancel: (id) => end(id, { status: 'cancelled', keep: false }),
    live: (id) => (active?.id === id ? active.live : NOT_RUNNING),
    waiting: async () => (await waiting()).filter((id) => id !== active?.id),
    onChange(listener) {
      changes.on('change', listener);
      return () => changes.off('change', listener);
    },
    changed,
    async close() {
      closing = true;
      await pumping;
      if (active !== undefined) await halt(active, { status: 'interrupted', keep: true });
    },
  };
}

/** A row that says "running" with nobody at work was cut off with the program. */
async function adoptInterrupted(db: Store['db']): Promise<void> {
  for (const { id, status } of await listRuns(db)) {
    // listRuns already sees through such a row; this makes it so for other readers.
    if (status === 'interrupted') await updateRun(db, id, { status });
  }
}

const BIN_DAYS = 7;

/** Runs stay in the bin for a week. */
async function emptyBin(db: Store['db']): Promise<void> {
  const oldest = Date.now() - BIN_DAYS * 24 * 3_600_000;
  for (const run of await listRuns(db, true)) {
    if (run.deletedAt! > oldest || run.status === 'running') continue;
    await deleteRun(db, run.id);
    await rm(run.directory, { recursive: true, force: true });
  }
}

/** What a cancelled run made; its recipe and row stay, so that it can be begun anew. */
async function discardFolder({ directory }: Run): Promise<void> {
  for (const name of ['compressed', 'tuned', 'scratch', 'results']) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** Whether something is tuned, at least in part, and nothing has been compared yet. */
function isTuning(stages: readonly StageRow[]): boolean {
  // A stage that was paused is pending again, with the share that it had done.
  const begun = (kind: string) =>
    stages.some(
      ({ name, status, progress }) =>
        name.startsWith(kind) && (status !== 'pending' || progress > 0),
    );
  return begun('tune:') && !begun('evaluate:');
}

const notTuning = ({ status }: Run): KintsugiError =>
  new KintsugiError('RUN_STATUS', `The run is ${status} and not in the midst of tuning.`, {
    next: 'Stop and keep works while it tunes; otherwise pause or cancel the run.',
    field: 'id',
  });

const wrongStatus = ({ status }: Run, what: string): KintsugiError =>
  new KintsugiError('RUN_STATUS', `A run that is ${status} cannot be ${what}.`, {
    next: 'Reload the list of runs to see what it is doing now.',
    field: 'id',
  });

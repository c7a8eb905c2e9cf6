import { KintsugiError } from '../../shared/errors.ts';
import type { Sweep, SweepRun } from '../../shared/sweep.ts';
import type { Store } from '../db/open.ts';
import type { Run } from '../db/runs.ts';
import { putSweep, runsOfSweep } from '../db/sweeps.ts';
import { runNameOf, sweepId } from '../sweeps.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { checkWorkable, createRepair, type RepairOptions, runRepair } from './repair.ts';
import { modelFolder } from './starter.ts';
import { openWorkspace } from './workspace.ts';

export interface SweepJob {
  readonly sweep: Sweep;
  readonly runs: readonly SweepRun[];
  /** Data folder. */
  readonly home: string;
}

/** How a sweep's runs are told of. */
export interface SweepOptions extends RepairOptions {
  readonly onRun: (run: Run, label: string, position: number) => void;
  readonly onFailure: (label: string, error: unknown) => void;
}

/**
 * Works through the runs of a sweep that are not done yet. One that fails does not keep the others
 * from being worked on; the same sweep again takes it up.
 * @returns how many runs failed
 * @throws KintsugiError what makes a run impossible, before any work; CANCELLED
 */
export async function runSweep(store: Store, job: SweepJob, options: SweepOptions) {
  const { sweep, runs, home } = job;
  const id = sweepId(sweep, runs);
  await checkRuns(runs);
  await putSweep(store.db, { id, name: sweep.name, sweep, createdAt: Date.now() });
  const made = await runsOfSweep(store.db, id);
  let failed = 0;
  for (const [position, planned] of runs.entries()) {
    const { recipe, label } = planned;
    const name = runNameOf(sweep, planned);
    const run =
      made.get(position) ??
      (await createRepair(store, { recipe, home, out: undefined, name, sweep: { id, position } }));
    if (run.status === 'done') continue;
    options.onRun(run, label, position);
    try {
      await runRepair(store, run, options);
    } catch (error) {
      if (options.signal.aborted) throw error;
      failed++;
      options.onFailure(label, error);
    }
  }
  return failed;
}

/** Refuses what could not work hours later. */
async function checkRuns(runs: readonly SweepRun[]): Promise<void> {
  const models = new Map<string, LoadedModel>();
  for (const { label, recipe } of runs) {
    const loaded = models.get(recipe.model) ?? (await loadModel(modelFolder(recipe.model)));
    models.set(recipe.model, loaded);
    const workspace = openWorkspace('', recipe, { device: null, modelHash: null });
    await checkWorkable(loaded.model, workspace).catch((error: unknown) => {
      throw error instanceof KintsugiError ? withLabel(error, label) : error;
    });
  }
}

const withLabel = (error: KintsugiError, label: string): KintsugiError =>
  new KintsugiError(error.code, `${label}: ${error.message}`, {
    next: error.next,
    cause: error,
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.file === undefined ? {} : { file: error.file }),
  });

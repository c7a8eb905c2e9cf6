import type { NamesOf } from '../../shared/contract/index.ts';
import type { Need } from '../../shared/contract/wizard.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { MOST_POINTS, toSeries } from '../db/metric-series.ts';
import { sampleMetrics } from '../db/metrics.ts';
import { findRun, listRuns, updateRun } from '../db/runs.ts';
import type { RunChanges } from '../db/schema.ts';
import type { NewJob } from '../jobs/queue.ts';
import { reviveError } from '../report-error.ts';
import type { Handlers } from './handlers.ts';
import { exportRuns, reportRuns, reportRunsAsPdf } from './runs-export.ts';
import type { Services } from './services.ts';
import { detail, recipeOf, summarise } from './summary.ts';
import { watchChanges, watchRun } from './watch.ts';

export function runHandlers(services: Services): Handlers<NamesOf<'runs'>> {
  const { store, jobs } = services;
  const { db } = store;
  const shown = async (id: string) => summarise(services, await findRun(db, id));
  const after = async (id: string, done: Promise<void>) => {
    await done;
    return shown(id);
  };
  const change = async (id: string, changes: RunChanges) => {
    await findRun(db, id);
    await updateRun(db, id, changes);
    jobs.changed(id);
    return shown(id);
  };

  return {
    'runs.list': async ({ deleted }) =>
      Promise.all((await listRuns(db, deleted)).map((run) => summarise(services, run))),
    'runs.show': async ({ id }) => detail(services, await findRun(db, id)),
    'runs.metrics': async ({ id }) =>
      toSeries(await sampleMetrics(db, (await findRun(db, id)).id, MOST_POINTS)),
    async 'runs.start'({ recipe, name = '', force = false }) {
      const run = await jobs.add(await estimatedJob(services, { recipe, name, force }));
      return summarise(services, run);
    },
    'runs.pause': ({ id }) => after(id, jobs.pause(id)),
    'runs.resume': ({ id }) => after(id, jobs.resume(id)),
    'runs.stop': ({ id }) => after(id, jobs.finish(id)),
    'runs.cancel': ({ id }) => after(id, jobs.cancel(id)),
    async 'runs.delete'({ id }) {
      const run = await findRun(db, id);
      if (run.status === 'running') throw atWork();
      if (run.status === 'queued') await jobs.pause(id);
      return change(id, { deleted_at: Date.now() });
    },
    'runs.restore': ({ id }) => change(id, { deleted_at: null }),
    'runs.rename': ({ id, name }) => change(id, { name }),
    'runs.tag': ({ id, tags }) => change(id, { tags: JSON.stringify([...new Set(tags)]) }),
    'runs.notes': ({ id, notes }) => change(id, { notes }),
    async 'runs.duplicate'({ id }) {
      const run = await findRun(db, id);
      return { recipe: recipeOf(run), name: `${run.name || run.id} again`.slice(0, 120) };
    },
    'runs.export': ({ ids, format }) => exportRuns(services, ids, format),
    'runs.report': ({ ids }) => reportRuns(services, ids),
    'runs.reportPdf': ({ ids }) => reportRunsAsPdf(services, ids),
    'runs.progress': ({ id }, signal) => watchRun(services, id, signal),
    'runs.changes': (_, signal) => watchChanges(services, signal),
  };
}

/**
 * The job of a run that can be worked through here, with its estimate.
 * @throws KintsugiError what the estimate refuses; DISK_INSUFFICIENT unless forced
 */
export async function estimatedJob(
  { compute }: Services,
  job: Omit<NewJob, 'estimate'>,
): Promise<NewJob> {
  const estimate = await compute.ask('estimate.run', { recipe: job.recipe });
  if (estimate.refusal !== null) throw reviveError(estimate.refusal);
  if (!job.force) requireDisk(estimate.disk.total, estimate.disk.available);
  const { memory, disk } = estimate;
  return { ...job, estimate: { memory: toKept(memory), disk: toKept(disk) } };
}

const toKept = ({ total, items }: Need) => ({ total, items });

const atWork = (): KintsugiError =>
  new KintsugiError('RUN_STATUS', 'The run is being worked on.', {
    next: 'Stop it first, then delete it.',
    field: 'id',
  });

function requireDisk(needed: number, available: number): void {
  if (needed <= available) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new KintsugiError(
    'DISK_INSUFFICIENT',
    `The run needs about ${megabytes(needed)} of disk; ${megabytes(available)} are free.`,
    {
      next: 'Free some space or empty the bin of runs; "start anyway" ignores this.',
      field: 'disk',
    },
  );
}

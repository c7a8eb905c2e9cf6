import type { NamesOf } from '../../shared/contract/index.ts';
import type { SweepSummary } from '../../shared/contract/sweeps.ts';
import { parseSweep } from '../../shared/sweep.ts';
import {
  findSweep,
  listSweeps,
  putSweep,
  runsOfSweep,
  type StoredSweep,
  setSweepDeleted,
} from '../db/sweeps.ts';
import type { NewJob } from '../jobs/queue.ts';
import { reviveError } from '../report-error.ts';
import { runNameOf, sweepId, sweepMatrix } from '../sweeps.ts';
import type { Handlers } from './handlers.ts';
import { estimatedJob } from './runs.ts';
import type { Services } from './services.ts';

const RESUMABLE = ['paused', 'interrupted', 'failed', 'cancelled'];

export function sweepHandlers(services: Services): Handlers<NamesOf<'sweeps'>> {
  const { store, jobs, compute } = services;
  const { db } = store;

  async function summarise({ id, name, createdAt, sweep }: StoredSweep): Promise<SweepSummary> {
    const runs = [...(await runsOfSweep(db, id)).values()];
    const done = runs.filter(({ status }) => status === 'done').length;
    const waits = ['queued', 'running', 'paused', 'interrupted'];
    const unfinished = runs.filter(({ status }) => waits.includes(status)).length;
    return { id, name, createdAt, runs: parseSweep(sweep).runs.length, done, unfinished };
  }

  return {
    'sweeps.list': async () => Promise.all((await listSweeps(db)).map(summarise)),
    async 'sweeps.show'({ id }) {
      const stored = await findSweep(db, id);
      const matrix = await sweepMatrix(store, id, parseSweep(stored.sweep).runs);
      return { ...(await summarise(stored)), sweep: stored.sweep, matrix };
    },
    async 'sweeps.check'({ sweep: given }) {
      const { sweep, runs } = parseSweep(given);
      let seconds = 0;
      for (const { recipe } of runs) {
        const { refusal, time } = await compute.ask('estimate.run', { recipe });
        if (refusal !== null) throw reviveError(refusal);
        seconds += time.seconds;
      }
      return { sweep, labels: runs.map(({ label }) => label), seconds };
    },
    async 'sweeps.start'({ sweep }) {
      const { runs } = parseSweep(sweep);
      const id = sweepId(sweep, runs);
      const stored = { id, name: sweep.name, sweep, createdAt: Date.now() };
      const made = await runsOfSweep(db, id);
      const wanted: NewJob[] = [];
      // All are checked before the first is queued.
      for (const [position, run] of runs.entries()) {
        if (made.has(position)) continue;
        const job = { recipe: run.recipe, name: runNameOf(sweep, run), force: false };
        wanted.push(await estimatedJob(services, { ...job, sweep: { id, position } }));
      }
      await putSweep(db, stored);
      for (const { id: run, status } of made.values())
        if (RESUMABLE.includes(status)) await jobs.resume(run);
      for (const job of wanted) await jobs.add(job);
      return summarise(await findSweep(db, id));
    },
    async 'sweeps.delete'({ id }) {
      await findSweep(db, id);
      await setSweepDeleted(db, id, Date.now());
      return null;
    },
    async 'sweeps.restore'({ id }) {
      await setSweepDeleted(db, id, null);
      return summarise(await findSweep(db, id));
    },
  };
}

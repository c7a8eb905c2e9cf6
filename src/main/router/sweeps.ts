import type { NamesOf } from '../../shared/contract/index.ts';
import type { SweepSummary } from '../../shared/contract/sweeps.ts';
import { parseSweep } from '../../shared/sweep.ts';
import { findSweep, listSweeps, putSweep, removeSweep, runsOfSweep } from '../db/sweeps.ts';
import { reviveError } from '../report-error.ts';
import { runNameOf, sweepId, sweepMatrix } from '../sweeps.ts';
import type { Handlers } from './handlers.ts';
import { startRun } from './runs.ts';
import type { Services } from './services.ts';

const RESUMABLE = ['paused', 'interrupted', 'failed', 'cancelled'];

export function sweepHandlers(services: Services): Handlers<NamesOf<'sweeps'>> {
  const { store, jobs, compute } = services;
  const { db } = store;

  async function summarise(id: string): Promise<SweepSummary> {
    const { name, createdAt, sweep } = await findSweep(db, id);
    const runs = [...(await runsOfSweep(db, id)).values()];
    const done = runs.filter(({ status }) => status === 'done').length;
    const waits = ['queued', 'running', 'paused', 'interrupted'];
    const unfinished = runs.filter(({ status }) => waits.includes(status)).length;
    return { id, name, createdAt, runs: parseSweep(sweep).runs.length, done, unfinished };
  }

  return {
    'sweeps.list': async () => Promise.all((await listSweeps(db)).map(({ id }) => summarise(id))),
    async 'sweeps.show'({ id }) {
      const { sweep } = await findSweep(db, id);
      const matrix = await sweepMatrix(store, id, parseSweep(sweep).runs);
      return { ...(await summarise(id)), sweep, matrix };
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
      const id = sweepId(sweep);
      await putSweep(db, { id, name: sweep.name, sweep, createdAt: Date.now() });
      const made = await runsOfSweep(db, id);
      for (const [position, run] of runs.entries()) {
        const there = made.get(position);
        if (there !== undefined && RESUMABLE.includes(there.status)) await jobs.resume(there.id);
        if (there !== undefined) continue;
        const name = runNameOf(sweep, run);
        const place = { id, position };
        await startRun(services, { recipe: run.recipe, name, force: false, sweep: place });
      }
      return summarise(id);
    },
    async 'sweeps.remove'({ id }) {
      await findSweep(db, id);
      await removeSweep(db, id);
      return null;
    },
  };
}

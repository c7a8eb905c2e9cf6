import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricSeries, RunEvent } from '../../shared/contract/runs.ts';
import { readMetrics } from '../db/metrics.ts';
import { readNotices } from '../db/notices.ts';
import { findRun } from '../db/runs.ts';
import type { MetricRow } from '../db/schema.ts';
import { toSeries } from './metrics.ts';
import type { Services } from './services.ts';
import { detail } from './summary.ts';

/** Twice a second: the runner writes once a second, and a page needs no more. */
const INTERVAL = 500;

const wait = (signal: AbortSignal) => sleep(INTERVAL, undefined, { signal }).catch(() => undefined);

/**
 * Everything about one run, first as it stands, then what changes. Reads the database, so that runs
 * that the command line works on are followed too.
 */
export async function* watchRun(
  services: Services,
  id: string,
  signal: AbortSignal,
): AsyncIterable<RunEvent> {
  const { db } = services.store;
  let run = await detail(services, await findRun(db, id));
  let rows = await readMetrics(db, run.id);
  let notices = await readNotices(db, run.id);
  yield { kind: 'snapshot', run, metrics: toSeries(rows), notices };
  while (!signal.aborted) {
    await wait(signal);
    if (signal.aborted) return;
    const row = await findRun(db, run.id).catch(() => undefined);
    if (row === undefined) return;
    const now = await detail(services, row);
    const nowRows =
      now.status === 'running' || run.status === 'running' ? await readMetrics(db, run.id) : rows;
    const fresh = newPoints(rows, nowRows);
    const nowNotices = await readNotices(db, run.id);
    if (JSON.stringify({ ...now, ...VOLATILE }) !== JSON.stringify({ ...run, ...VOLATILE })) {
      yield { kind: 'run', run: now };
    }
    if (fresh.length > 0 || JSON.stringify(now.stages) !== JSON.stringify(run.stages)) {
      yield { kind: 'progress', stages: now.stages, progress: now.progress, metrics: fresh };
    }
    for (const notice of nowNotices.slice(notices.length)) yield { kind: 'notice', notice };
    run = now;
    rows = nowRows;
    notices = nowNotices;
  }
}

/** What progress events say. */
const VOLATILE = { stages: [], progress: 0 };

function newPoints(before: readonly MetricRow[], after: readonly MetricRow[]): MetricSeries[] {
  const known = new Map(before.map((row) => [keyOf(row), row.value]));
  return toSeries(after.filter((row) => known.get(keyOf(row)) !== row.value));
}

const keyOf = ({ stage, name, step }: MetricRow): string => `${stage}\0${name}\0${step}`;

/** Ids of runs whose row changed, gathered for a moment. */
export async function* watchChanges(
  { jobs }: Services,
  signal: AbortSignal,
): AsyncIterable<{ readonly ids: readonly string[] }> {
  const ids = new Set<string>();
  const stop = jobs.onChange((id) => ids.add(id));
  try {
    while (!signal.aborted) {
      await wait(signal);
      if (ids.size === 0 || signal.aborted) continue;
      const gathered = [...ids];
      ids.clear();
      yield { ids: gathered };
    }
  } finally {
    stop();
  }
}

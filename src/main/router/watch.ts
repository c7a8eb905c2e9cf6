import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDetail, RunEvent } from '../../shared/contract/runs.ts';
import { MOST_POINTS, toSeries } from '../db/metric-series.ts';
import { readNewMetrics, sampleMetrics } from '../db/metrics.ts';
import { readNotices } from '../db/notices.ts';
import { findRun } from '../db/runs.ts';
import { readSamples } from '../db/samples.ts';
import type { MetricRow } from '../db/schema.ts';
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
  const sample = await sampleMetrics(db, run.id, MOST_POINTS);
  const known = lastSteps(sample);
  let notices = await readNotices(db, run.id);
  let samples = await readSamples(db, run.id);
  yield { kind: 'snapshot', run, metrics: toSeries(sample), notices, samples };
  while (!signal.aborted) {
    await wait(signal);
    if (signal.aborted) return;
    const row = await findRun(db, run.id).catch(() => undefined);
    if (row === undefined) return;
    const now = await detail(services, row);
    const rows = await newRows(services, run, now, known);
    const nowNotices = await readNotices(db, run.id);
    if (JSON.stringify({ ...now, ...VOLATILE }) !== JSON.stringify({ ...run, ...VOLATILE })) {
      yield { kind: 'run', run: now };
    }
    if (rows.length > 0 || JSON.stringify(now.stages) !== JSON.stringify(run.stages)) {
      yield {
        kind: 'progress',
        stages: now.stages,
        progress: now.progress,
        metrics: toSeries(rows),
      };
    }
    for (const notice of nowNotices.slice(notices.length)) yield { kind: 'notice', notice };
    const nowSamples = await readSamples(db, run.id);
    if (JSON.stringify(nowSamples) !== JSON.stringify(samples)) {
      yield { kind: 'samples', samples: nowSamples };
    }
    run = now;
    notices = nowNotices;
    samples = nowSamples;
  }
}

/** What progress events say. */
const VOLATILE = { stages: [], progress: 0 };

/** Last known step by stage and name. */
type LastSteps = Map<string, Map<string, number>>;

function lastSteps(rows: readonly MetricRow[], known: LastSteps = new Map()): LastSteps {
  for (const { stage, name, step } of rows) {
    const steps = known.get(stage) ?? new Map<string, number>();
    known.set(stage, steps.set(name, step));
  }
  return known;
}

/** What the stages that were or are being worked on have written since; `known` moves on with it. */
async function newRows(
  { store: { db } }: Services,
  before: RunDetail,
  now: RunDetail,
  known: LastSteps,
): Promise<MetricRow[]> {
  const wasDone = new Set(
    before.stages.filter(({ status }) => status === 'done').map(({ name }) => name),
  );
  const active = now.stages.filter(
    ({ name, status }) => status !== 'pending' && !wasDone.has(name),
  );
  const rows = await Promise.all(
    active.map(({ name }) => readNewMetrics(db, now.id, name, known.get(name) ?? new Map())),
  );
  lastSteps(rows.flat(), known);
  return rows.flat();
}

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

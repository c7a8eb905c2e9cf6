import type { Kysely } from 'kysely';
import type { RunResults, RunTimings } from '../../shared/results.ts';
import type { Schema } from './schema.ts';

export interface StoredResults {
  /** Equal for equal recipe, seed and machine. */
  readonly results: RunResults;
  /** Measured times, which never repeat exactly. */
  readonly timings: RunTimings;
}

export async function saveResults(
  db: Kysely<Schema>,
  runId: string,
  stored: StoredResults,
): Promise<void> {
  const row = {
    summary: JSON.stringify(stored.results),
    timings: JSON.stringify(stored.timings),
  };
  await db
    .insertInto('results')
    .values({ run_id: runId, ...row })
    .onConflict((conflict) => conflict.column('run_id').doUpdateSet(row))
    .execute();
}

export async function readResults(
  db: Kysely<Schema>,
  runId: string,
): Promise<StoredResults | undefined> {
  const row = await db
    .selectFrom('results')
    .selectAll()
    .where('run_id', '=', runId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    results: JSON.parse(row.summary) as RunResults,
    timings: JSON.parse(row.timings) as RunTimings,
  };
}

import type { Kysely } from 'kysely';
import type { RunNotice } from '../../shared/contract/runs.ts';
import type { Schema } from './schema.ts';

export async function saveNotice(
  db: Kysely<Schema>,
  runId: string,
  notice: RunNotice,
): Promise<void> {
  await db
    .insertInto('notices')
    .values({ run_id: runId, ...notice })
    .execute();
}

/** Oldest first. */
export function readNotices(db: Kysely<Schema>, runId: string): Promise<RunNotice[]> {
  return db
    .selectFrom('notices')
    .select(['at', 'stage', 'message'])
    .where('run_id', '=', runId)
    .orderBy('at')
    .execute();
}

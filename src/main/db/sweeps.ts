import type { Kysely } from 'kysely';
import { KintsugiError } from '../../shared/errors.ts';
import type { Sweep } from '../../shared/sweep.ts';
import { listRuns, type Run } from './runs.ts';
import type { Schema } from './schema.ts';

/** A sweep as it was started; its time is in Unix milliseconds. */
export interface StoredSweep {
  readonly id: string;
  readonly name: string;
  readonly sweep: Sweep;
  readonly createdAt: number;
}

/** Those that are not deleted, newest first. */
export async function listSweeps(db: Kysely<Schema>): Promise<StoredSweep[]> {
  const rows = await db
    .selectFrom('sweeps')
    .selectAll()
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(({ id, name, sweep, created_at: createdAt }) => ({
    id,
    name,
    sweep: JSON.parse(sweep),
    createdAt,
  }));
}

/** @throws KintsugiError RUN_NOT_FOUND */
export async function findSweep(db: Kysely<Schema>, id: string): Promise<StoredSweep> {
  const found = (await listSweeps(db)).find((sweep) => sweep.id === id);
  if (found) return found;
  throw new KintsugiError('RUN_NOT_FOUND', `There is no sweep "${id}".`, {
    next: 'Open the list of sweeps; it may have been removed.',
    field: 'id',
  });
}

/** Adds a sweep; one that is there already stays as it is, and is no longer deleted. */
export async function putSweep(db: Kysely<Schema>, stored: StoredSweep): Promise<void> {
  const { id, name, sweep, createdAt } = stored;
  await db
    .insertInto('sweeps')
    .values({ id, name, sweep: JSON.stringify(sweep), created_at: createdAt, deleted_at: null })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ deleted_at: null }))
    .execute();
}

/** Deletes the sweep, or takes it back; its runs stay in either case. */
export async function setSweepDeleted(
  db: Kysely<Schema>,
  id: string,
  /** Unix milliseconds; null takes it back. */
  deletedAt: number | null,
): Promise<void> {
  await db.updateTable('sweeps').set({ deleted_at: deletedAt }).where('id', '=', id).execute();
}

/** Its runs that are not in the bin, by their place; of one place the newest. */
export async function runsOfSweep(db: Kysely<Schema>, id: string): Promise<Map<number, Run>> {
  const runs = (await listRuns(db)).filter(({ sweep }) => sweep?.id === id);
  return new Map(runs.toReversed().map((run) => [run.sweep!.position, run]));
}

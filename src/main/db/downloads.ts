import type { Kysely } from 'kysely';
import type { DownloadRow, Schema } from './schema.ts';

/** Oldest first. */
export const listDownloadRows = (db: Kysely<Schema>): Promise<DownloadRow[]> =>
  db.selectFrom('downloads').selectAll().orderBy('created_at').execute();

export async function putDownloadRow(db: Kysely<Schema>, row: DownloadRow): Promise<void> {
  const { id: _, ...changes } = row;
  await db
    .insertInto('downloads')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changes))
    .execute();
}

export async function deleteDownloadRow(db: Kysely<Schema>, id: string): Promise<void> {
  await db.deleteFrom('downloads').where('id', '=', id).execute();
}

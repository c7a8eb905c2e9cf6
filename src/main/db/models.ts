import type { Kysely } from 'kysely';
import type { ModelRow, Schema } from './schema.ts';

/** What people did with models; those in the cache that nobody touched have no row. */
export const listModelRows = (db: Kysely<Schema>): Promise<ModelRow[]> =>
  db.selectFrom('models').selectAll().orderBy('added_at', 'desc').execute();

export async function putModelRow(
  db: Kysely<Schema>,
  model: string,
  changes: Partial<Omit<ModelRow, 'model'>>,
): Promise<void> {
  await db
    .insertInto('models')
    .values({ added_at: null, removed_at: null, ...changes, model })
    .onConflict((conflict) => conflict.column('model').doUpdateSet(changes))
    .execute();
}

export async function deleteModelRow(db: Kysely<Schema>, model: string): Promise<void> {
  await db.deleteFrom('models').where('model', '=', model).execute();
}

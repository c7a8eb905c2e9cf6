import { type Kysely, sql } from 'kysely';

/** A deleted sweep can be taken back with its runs: when it was deleted, in Unix milliseconds. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE sweeps ADD COLUMN deleted_at INTEGER').execute(db);
}

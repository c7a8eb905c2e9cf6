import type { Kysely } from 'kysely';
import type { MetricRow, Schema } from './schema.ts';

/** SQLite's limit of bound values is 32,766; a row binds five. */
const ROWS_PER_INSERT = 5_000;

/** Appends metrics; a step that a resumed stage repeats replaces its earlier value. */
export async function writeMetrics(db: Kysely<Schema>, rows: readonly MetricRow[]): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT) {
    await db
      .insertInto('metrics')
      .values(rows.slice(i, i + ROWS_PER_INSERT))
      .onConflict((conflict) =>
        conflict
          .columns(['run_id', 'stage', 'name', 'step'])
          .doUpdateSet((row) => ({ value: row.ref('excluded.value') })),
      )
      .execute();
  }
}

/** All metrics of a run, by stage, name and step. */
export function readMetrics(db: Kysely<Schema>, runId: string): Promise<MetricRow[]> {
  return db
    .selectFrom('metrics')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('stage')
    .orderBy('name')
    .orderBy('step')
    .execute();
}

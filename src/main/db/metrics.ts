import { type Kysely, sql } from 'kysely';
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

/**
 * A picture of all metrics of a run: at most about `limit` points of each series, its last one among
 * them. Long runs have hundreds of thousands of rows, which must not pass through JavaScript.
 */
export async function sampleMetrics(
  db: Kysely<Schema>,
  runId: string,
  limit: number,
): Promise<MetricRow[]> {
  const { rows } = await sql<MetricRow>`
    WITH ends AS (
      SELECT stage, name, MAX(step) AS last FROM metrics WHERE run_id = ${runId} GROUP BY stage, name
    )
    SELECT metrics.* FROM ends JOIN metrics
      ON metrics.run_id = ${runId} AND metrics.stage = ends.stage AND metrics.name = ends.name
    WHERE metrics.step = ends.last OR metrics.step % (ends.last / ${limit} + 1) = 0
    ORDER BY metrics.stage, metrics.name, metrics.step`.execute(db);
  return rows;
}

/** Rows of a stage past the last known step of each of its series; a new series from its start. */
export function readNewMetrics(
  db: Kysely<Schema>,
  runId: string,
  stage: string,
  known: ReadonlyMap<string, number>,
): Promise<MetricRow[]> {
  let query = db
    .selectFrom('metrics')
    .selectAll()
    .where('run_id', '=', runId)
    .where('stage', '=', stage);
  for (const [name, last] of known) {
    query = query.where((row) => row.or([row('name', '!=', name), row('step', '>', last)]));
  }
  return query.orderBy('name').orderBy('step').execute();
}

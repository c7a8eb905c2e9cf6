import type { Kysely } from 'kysely';
import type { Schema, StageRow } from './schema.ts';

export interface StageArtefact {
  /** Path relative to the run's folder. */
  readonly path: string;
  /** sha256 over the artefact's bytes. */
  readonly hash: string;
}

/** Stages in the order in which they run. */
export function listStages(db: Kysely<Schema>, runId: string): Promise<StageRow[]> {
  return db
    .selectFrom('stages')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('position')
    .execute();
}

/** Writes the plan of a run; stages that it already has keep their state. */
export async function planStages(
  db: Kysely<Schema>,
  runId: string,
  names: readonly string[],
): Promise<void> {
  const rows = names.map((name, position) => ({
    run_id: runId,
    name,
    position,
    status: 'pending' as const,
    progress: 0,
  }));
  await db
    .insertInto('stages')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'name'])
        .doUpdateSet((row) => ({ position: row.ref('excluded.position') })),
    )
    .execute();
}

/** The hash of an earlier result stays, so that a redone stage can tell whether it came out the same. */
export function startStage(db: Kysely<Schema>, runId: string, name: string): Promise<void> {
  return setStage(db, runId, name, {
    status: 'running',
    progress: 0,
    started_at: Date.now(),
    finished_at: null,
  });
}

/** Forgets that the stage was ever begun. */
export function resetStage(db: Kysely<Schema>, runId: string, name: string): Promise<void> {
  return setStage(db, runId, name, {
    status: 'pending',
    progress: 0,
    started_at: null,
    finished_at: null,
    artefact: null,
    artefact_hash: null,
    remark: null,
  });
}

/** `progress` in [0, 1]. */
export function progressStage(
  db: Kysely<Schema>,
  runId: string,
  name: string,
  progress: number,
): Promise<void> {
  return setStage(db, runId, name, { progress });
}

export function finishStage(
  db: Kysely<Schema>,
  runId: string,
  name: string,
  artefact: StageArtefact | undefined,
  remark: string | null = null,
): Promise<void> {
  return setStage(db, runId, name, {
    status: 'done',
    progress: 1,
    finished_at: Date.now(),
    artefact: artefact?.path ?? null,
    artefact_hash: artefact?.hash ?? null,
    remark,
  });
}

/** Puts a stage back to `pending` (stopped on request) or marks it `failed`. */
export function stopStage(
  db: Kysely<Schema>,
  runId: string,
  name: string,
  status: 'pending' | 'failed',
): Promise<void> {
  return setStage(db, runId, name, { status, finished_at: Date.now() });
}

async function setStage(
  db: Kysely<Schema>,
  runId: string,
  name: string,
  changes: Partial<Omit<StageRow, 'run_id' | 'name' | 'position'>>,
): Promise<void> {
  await db
    .updateTable('stages')
    .set(changes)
    .where('run_id', '=', runId)
    .where('name', '=', name)
    .execute();
}

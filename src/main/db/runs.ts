import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { KintsugiError } from '../../shared/errors.ts';
import { isRunLocked } from './lock.ts';
import type { RunChanges, RunRow, RunStatus, Schema } from './schema.ts';

export type RunKind = 'repair';

/** One run as the rest of the program sees it; times are Unix milliseconds. */
export type Run = ReturnType<typeof fromRow>;

export interface NewRun {
  readonly id: string;
  readonly kind: RunKind;
  readonly recipe: object;
  readonly seed: number;
  /** Absolute path of the run's folder. */
  readonly directory: string;
  readonly name?: string;
  readonly sweep?: { readonly id: string; readonly position: number };
}

/** Sorts by time and can be typed: `20261123-204503-1f2e`. */
export function newRunId(now = new Date()): string {
  const digits = now
    .toISOString()
    .replaceAll(/[-:]|\..*/g, '')
    .replace('T', '-');
  return `${digits}-${randomBytes(2).toString('hex')}`;
}

export async function createRun(db: Kysely<Schema>, { sweep, ...run }: NewRun): Promise<Run> {
  const row = await db
    .insertInto('runs')
    .values({
      ...run,
      ...(sweep && { sweep_id: sweep.id, sweep_position: sweep.position }),
      recipe: JSON.stringify(run.recipe),
      status: 'queued',
      created_at: Date.now(),
      tags: '[]',
      notes: '',
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return fromRow(row);
}

/**
 * Finds a run by its id or by an unambiguous beginning of it.
 * @throws KintsugiError RUN_NOT_FOUND
 */
export async function findRun(db: Kysely<Schema>, id: string): Promise<Run> {
  const rows = await db.selectFrom('runs').selectAll().orderBy('id').execute();
  const exact = rows.filter((row) => row.id === id);
  const found = exact.length > 0 ? exact : rows.filter((row) => row.id.startsWith(id));
  if (found.length === 1) return fromRow(found[0]!);
  throw new KintsugiError(
    'RUN_NOT_FOUND',
    found.length === 0
      ? `There is no run "${id}".`
      : `"${id}" is the beginning of ${found.length} runs: ${found.map((row) => row.id).join(', ')}.`,
    { next: 'Look the id up with "kintsugi runs list".', field: 'id' },
  );
}

/** All runs but those in the bin, or only those, newest first. */
export async function listRuns(db: Kysely<Schema>, inBin = false): Promise<Run[]> {
  const rows = await db
    .selectFrom('runs')
    .selectAll()
    .where('deleted_at', inBin ? 'is not' : 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map(fromRow);
}

export async function updateRun(
  db: Kysely<Schema>,
  id: string,
  changes: RunChanges,
): Promise<void> {
  await db.updateTable('runs').set(changes).where('id', '=', id).execute();
}

/** Keeps the larger of this and what was seen before. */
export async function raiseDiskPeak(db: Kysely<Schema>, id: string, bytes: number): Promise<void> {
  await db
    .updateTable('runs')
    .set({ disk_peak: bytes })
    .where('id', '=', id)
    .where((row) => row.or([row('disk_peak', 'is', null), row('disk_peak', '<', bytes)]))
    .execute();
}

/** Removes the run's rows in every table; its folder is the caller's business. */
export async function deleteRun(db: Kysely<Schema>, id: string): Promise<void> {
  await db.deleteFrom('runs').where('id', '=', id).execute();
}

/** A run that says "running" while no living process holds it was cut off. */
function actualStatus(row: RunRow): RunStatus {
  return row.status === 'running' && !isRunLocked(row.directory) ? 'interrupted' : row.status;
}

function fromRow(row: RunRow) {
  return {
    id: row.id,
    kind: row.kind as RunKind,
    status: actualStatus(row),
    recipe: JSON.parse(row.recipe) as unknown,
    seed: row.seed,
    modelHash: row.model_hash,
    device: row.device,
    directory: row.directory,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    error:
      row.error_code === null
        ? null
        : {
            code: row.error_code,
            message: row.error_message ?? '',
            next: row.error_next ?? 'Resume the run.',
          },
    tags: JSON.parse(row.tags) as string[],
    notes: row.notes,
    name: row.name,
    queuedAt: row.queued_at,
    deletedAt: row.deleted_at,
    force: row.force === 1,
    estimate: row.estimate === null ? null : (JSON.parse(row.estimate) as unknown),
    memoryPeak: row.memory_peak,
    diskPeak: row.disk_peak,
    finishEarly: row.finish_early === 1,
    sweep: row.sweep_id === null ? null : { id: row.sweep_id, position: row.sweep_position ?? 0 },
  };
}

import type { Kysely } from 'kysely';
import { KintsugiError } from '../../shared/errors.ts';
import type { LibraryRow, Schema } from './schema.ts';

/** A bank of the library; times are Unix milliseconds. */
export interface LibraryBank {
  readonly id: string;
  readonly origin: LibraryRow['origin'];
  readonly runId: string | null;
  readonly seed: number | null;
  readonly name: string;
  readonly tags: readonly string[];
  readonly notes: string;
  /** Content hash of the folder, as arms carry it. */
  readonly hash: string;
  readonly modelHash: string;
  readonly model: string;
  readonly prompts: readonly {
    readonly name: string;
    readonly tokens: number;
    readonly hash: string;
    readonly bits?: number;
  }[];
  readonly bytes: number;
  readonly directory: string;
  readonly createdAt: number;
  readonly deletedAt: number | null;
}

/** Those that are not in the bin, or those that are; newest first. */
export async function listLibrary(db: Kysely<Schema>, deleted: boolean): Promise<LibraryBank[]> {
  const rows = await db
    .selectFrom('library')
    .selectAll()
    .where('deleted_at', deleted ? 'is not' : 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map(fromRow);
}

/** @throws KintsugiError BANK_NOT_FOUND */
export async function findLibraryBank(db: Kysely<Schema>, id: string): Promise<LibraryBank> {
  const row = await db.selectFrom('library').selectAll().where('id', '=', id).executeTakeFirst();
  if (row !== undefined) return fromRow(row);
  throw new KintsugiError('BANK_NOT_FOUND', `There is no bank "${id}".`, {
    next: 'Open the list of banks; it may have been removed with its run.',
    field: 'id',
  });
}

/** Adds a bank; one that is there keeps what people made of it, and gets the new content. */
export async function putLibraryBank(db: Kysely<Schema>, bank: LibraryBank): Promise<void> {
  const content = {
    hash: bank.hash,
    model_hash: bank.modelHash,
    model: bank.model,
    prompts: JSON.stringify(bank.prompts),
    bytes: bank.bytes,
    directory: bank.directory,
  };
  await db
    .insertInto('library')
    .values({
      ...content,
      id: bank.id,
      origin: bank.origin,
      run_id: bank.runId,
      seed: bank.seed,
      name: bank.name,
      tags: JSON.stringify(bank.tags),
      notes: bank.notes,
      created_at: bank.createdAt,
      deleted_at: bank.deletedAt,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(content))
    .execute();
}

/** What people may change; `deletedAt` puts it into the bin or takes it out. */
export async function changeLibraryBank(
  db: Kysely<Schema>,
  id: string,
  changes: Partial<Pick<LibraryBank, 'name' | 'tags' | 'notes' | 'deletedAt'>>,
): Promise<void> {
  const { name, tags, notes, deletedAt } = changes;
  await db
    .updateTable('library')
    .set({
      ...(name !== undefined && { name }),
      ...(tags !== undefined && { tags: JSON.stringify(tags) }),
      ...(notes !== undefined && { notes }),
      ...(deletedAt !== undefined && { deleted_at: deletedAt }),
    })
    .where('id', '=', id)
    .execute();
}

/** Takes a bank out for good; its folder is the caller's business. */
export async function removeLibraryBank(db: Kysely<Schema>, id: string): Promise<void> {
  await db.deleteFrom('library').where('id', '=', id).execute();
}

/** A bank that a run has finished, and what the library knows of it. */
export interface RunBank {
  readonly runId: string;
  readonly seed: number;
  readonly directory: string;
  /** Folder relative to the run's. */
  readonly artefact: string;
  readonly hash: string;
  readonly finishedAt: number;
}

const STAGE = 'tune:bank@';

/** Banks of runs whose content is not in the library, or differs there. */
export async function unlistedBanks(db: Kysely<Schema>): Promise<RunBank[]> {
  const rows = await db
    .selectFrom('stages')
    .innerJoin('runs', 'runs.id', 'stages.run_id')
    .select(['run_id', 'stages.name', 'artefact', 'artefact_hash', 'directory'])
    .select('stages.finished_at')
    .where('stages.name', 'like', `${STAGE}%`)
    .where('stages.status', '=', 'done')
    .execute();
  const known = await db.selectFrom('library').select(['id', 'hash']).execute();
  const hashes = new Map(known.map(({ id, hash }) => [id, hash]));
  return rows.flatMap(({ run_id: runId, name, artefact, artefact_hash: hash, ...row }) => {
    const seed = Number(name.slice(STAGE.length));
    if (artefact === null || hash === null || hashes.get(runBankId(runId, seed)) === hash)
      return [];
    const { directory, finished_at: finishedAt } = row;
    return [{ runId, seed, directory, artefact, hash, finishedAt: finishedAt ?? Date.now() }];
  });
}

export const runBankId = (runId: string, seed: number): string => `${runId}@${seed}`;

function fromRow(row: LibraryRow): LibraryBank {
  return {
    id: row.id,
    origin: row.origin,
    runId: row.run_id,
    seed: row.seed,
    name: row.name,
    tags: JSON.parse(row.tags) as string[],
    notes: row.notes,
    hash: row.hash,
    modelHash: row.model_hash,
    model: row.model,
    prompts: JSON.parse(row.prompts) as LibraryBank['prompts'],
    bytes: row.bytes,
    directory: row.directory,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
  };
}

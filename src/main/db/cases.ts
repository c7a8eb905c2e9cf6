import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { GenerationRequest, SavedCase } from '../../shared/contract/playground.ts';
import type { Schema } from './schema.ts';

/** Newest first. */
export async function listCases(db: Kysely<Schema>): Promise<SavedCase[]> {
  const rows = await db
    .selectFrom('cases')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(({ id, name, created_at: createdAt, request, outputs }) => ({
    id,
    name,
    createdAt,
    request: JSON.parse(request) as GenerationRequest,
    outputs: JSON.parse(outputs) as string[],
  }));
}

export async function saveCase(
  db: Kysely<Schema>,
  { name, request, outputs }: Pick<SavedCase, 'name' | 'request' | 'outputs'>,
): Promise<SavedCase> {
  const saved = { id: randomUUID(), name, createdAt: Date.now(), request, outputs };
  await db
    .insertInto('cases')
    .values({
      id: saved.id,
      name,
      created_at: saved.createdAt,
      request: JSON.stringify(request),
      outputs: JSON.stringify(outputs),
    })
    .execute();
  return saved;
}

export async function deleteCase(db: Kysely<Schema>, id: string): Promise<void> {
  await db.deleteFrom('cases').where('id', '=', id).execute();
}

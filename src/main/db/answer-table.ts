import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** Scores and attention stay text: a table of many answers is searched often and shown in parts. */
export interface AnswerRow {
  readonly arm: string;
  readonly seed: number;
  readonly task: string;
  readonly itemId: string;
  readonly correct: boolean;
  readonly scores: string;
  readonly prompt: string | null;
  readonly attention: string | null;
}

/** All answers of a run, by task and item. */
export async function listAnswers(db: Kysely<Schema>, runId: string): Promise<AnswerRow[]> {
  const rows = await db
    .selectFrom('answers')
    .select(['arm', 'seed', 'task', 'item_id', 'correct', 'scores', 'prompt', 'attention'])
    .where('run_id', '=', runId)
    .orderBy('task')
    .orderBy('item_id')
    .execute();
  return rows.map(({ item_id: itemId, correct, ...row }) => ({
    ...row,
    itemId,
    correct: correct === 1,
  }));
}

/** The stored answer of one arm and seed to one input. */
export async function findAnswer(
  db: Kysely<Schema>,
  of: {
    readonly runId: string;
    readonly arm: string;
    readonly seed: number;
    readonly task: string;
    readonly itemId: string;
  },
): Promise<AnswerRow | undefined> {
  const row = await db
    .selectFrom('answers')
    .select(['arm', 'seed', 'task', 'item_id', 'correct', 'scores', 'prompt', 'attention'])
    .where('run_id', '=', of.runId)
    .where('arm', '=', of.arm)
    .where('seed', '=', of.seed)
    .where('task', '=', of.task)
    .where('item_id', '=', of.itemId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { item_id: itemId, correct, ...rest } = row;
  return { ...rest, itemId, correct: correct === 1 };
}

/** Name of the one prompt that a fixed arm answered with, null when it has no bank. */
export async function promptOfArm(
  db: Kysely<Schema>,
  of: { readonly runId: string; readonly arm: string; readonly seed: number },
): Promise<string | null> {
  const row = await db
    .selectFrom('answers')
    .select('prompt')
    .where('run_id', '=', of.runId)
    .where('arm', '=', of.arm)
    .where('seed', '=', of.seed)
    .executeTakeFirst();
  return row?.prompt ?? null;
}

import type { Insertable, Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** One arm's answer to one input. */
export interface Answer {
  readonly task: string;
  readonly itemId: string;
  readonly correct: boolean;
  /** What decided: log-likelihood per choice, or of the greedy continuation. */
  readonly scores: readonly number[];
  /** Name of the prompt that answered, null without one. */
  readonly prompt: string | null;
  /** Attention share of each prompt of the bank, null where none was measured. */
  readonly attention: readonly number[] | null;
}

/** Nine bound values a row, of SQLite's 32,766. */
const ROWS_PER_INSERT = 3_000;

/** Replaces all answers of one arm and seed, in one transaction. */
export async function saveAnswers(
  db: Kysely<Schema>,
  of: { readonly runId: string; readonly arm: string; readonly seed: number },
  answers: readonly Answer[],
): Promise<void> {
  const rows = answers.map((answer) => toRow(of, answer));
  await db.transaction().execute(async (transaction) => {
    await transaction
      .deleteFrom('answers')
      .where('run_id', '=', of.runId)
      .where('arm', '=', of.arm)
      .where('seed', '=', of.seed)
      .execute();
    for (let i = 0; i < rows.length; i += ROWS_PER_INSERT) {
      await transaction
        .insertInto('answers')
        .values(rows.slice(i, i + ROWS_PER_INSERT))
        .execute();
    }
  });
}

/** The answers of one arm and seed, by task and item. */
export async function readAnswers(
  db: Kysely<Schema>,
  of: { readonly runId: string; readonly arm: string; readonly seed: number },
): Promise<Answer[]> {
  const rows = await db
    .selectFrom('answers')
    .selectAll()
    .where('run_id', '=', of.runId)
    .where('arm', '=', of.arm)
    .where('seed', '=', of.seed)
    .orderBy('task')
    .orderBy('item_id')
    .execute();
  return rows.map((row) => ({
    task: row.task,
    itemId: row.item_id,
    correct: row.correct === 1,
    scores: JSON.parse(row.scores) as number[],
    prompt: row.prompt,
    attention: row.attention === null ? null : (JSON.parse(row.attention) as number[]),
  }));
}

function toRow(
  of: { readonly runId: string; readonly arm: string; readonly seed: number },
  answer: Answer,
): Insertable<Schema['answers']> {
  return {
    run_id: of.runId,
    arm: of.arm,
    seed: of.seed,
    task: answer.task,
    item_id: answer.itemId,
    correct: answer.correct ? 1 : 0,
    scores: JSON.stringify(answer.scores),
    prompt: answer.prompt,
    attention: answer.attention === null ? null : JSON.stringify(answer.attention),
  };
}

import type { Kysely } from 'kysely';
import type { RunSamples, SampleAnswers, SampleQuestion } from '../../shared/contract/samples.ts';
import type { Schema } from './schema.ts';

export async function saveSampleQuestions(
  db: Kysely<Schema>,
  runId: string,
  questions: readonly SampleQuestion[],
): Promise<void> {
  const row = { questions: JSON.stringify(questions) };
  await db
    .insertInto('sample_questions')
    .values({ run_id: runId, ...row })
    .onConflict((conflict) => conflict.column('run_id').doUpdateSet(row))
    .execute();
}

/** A step that a resumed stage repeats replaces its earlier answers. */
export async function saveSampleAnswers(
  db: Kysely<Schema>,
  runId: string,
  { stage, series, step, answers }: SampleAnswers,
): Promise<void> {
  const row = { at: Date.now(), answers: JSON.stringify(answers) };
  await db
    .insertInto('samples')
    .values({ run_id: runId, stage, series, step, ...row })
    .onConflict((conflict) =>
      conflict.columns(['run_id', 'stage', 'series', 'step']).doUpdateSet(row),
    )
    .execute();
}

/** In the order in which they were given; nothing before the first questions. */
export async function readSamples(db: Kysely<Schema>, runId: string): Promise<RunSamples> {
  const [asked, rows] = await Promise.all([
    db
      .selectFrom('sample_questions')
      .select('questions')
      .where('run_id', '=', runId)
      .executeTakeFirst(),
    db
      .selectFrom('samples')
      .select(['stage', 'series', 'step', 'answers'])
      .where('run_id', '=', runId)
      .orderBy('at')
      .orderBy('step')
      .execute(),
  ]);
  return {
    questions: asked === undefined ? [] : JSON.parse(asked.questions),
    answers: rows.map(({ answers, ...row }) => ({ ...row, answers: JSON.parse(answers) })),
  };
}

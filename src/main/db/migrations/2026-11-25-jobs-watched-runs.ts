import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Tuning was asked to end with what it has.
  'ALTER TABLE runs ADD COLUMN finish_early INTEGER NOT NULL DEFAULT 0 CHECK (finish_early IN (0, 1))',
  'ALTER TABLE runs ADD COLUMN disk_peak INTEGER',
  'ALTER TABLE stages ADD COLUMN remark TEXT',
  `CREATE TABLE sample_questions (
    run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    questions TEXT NOT NULL CHECK (json_valid(questions))
  ) STRICT`,
  `CREATE TABLE samples (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    series TEXT NOT NULL,
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    answers TEXT NOT NULL CHECK (json_valid(answers)),
    PRIMARY KEY (run_id, stage, series, step)
  ) STRICT, WITHOUT ROWID`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

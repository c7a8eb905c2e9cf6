import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `CREATE TABLE sweeps (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    sweep TEXT NOT NULL CHECK (json_valid(sweep)),
    created_at INTEGER NOT NULL
  ) STRICT`,
  // Runs outlive their sweep.
  'ALTER TABLE runs ADD COLUMN sweep_id TEXT REFERENCES sweeps (id) ON DELETE SET NULL',
  'ALTER TABLE runs ADD COLUMN sweep_position INTEGER',
  'CREATE INDEX runs_by_sweep ON runs (sweep_id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

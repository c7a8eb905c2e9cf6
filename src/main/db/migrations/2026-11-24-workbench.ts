import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `ALTER TABLE runs ADD COLUMN name TEXT NOT NULL DEFAULT ''`,
  // When it joined the queue: a resumed run queues behind those that wait.
  `ALTER TABLE runs ADD COLUMN queued_at INTEGER`,
  `ALTER TABLE runs ADD COLUMN deleted_at INTEGER`,
  `ALTER TABLE runs ADD COLUMN force INTEGER NOT NULL DEFAULT 0 CHECK (force IN (0, 1))`,
  `ALTER TABLE runs ADD COLUMN estimate TEXT CHECK (estimate IS NULL OR json_valid(estimate))`,
  `ALTER TABLE runs ADD COLUMN memory_peak INTEGER`,
  `CREATE TABLE notices (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    stage TEXT NOT NULL,
    message TEXT NOT NULL
  ) STRICT`,
  'CREATE INDEX notices_run ON notices (run_id, at)',
  `CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    request TEXT NOT NULL CHECK (json_valid(request)),
    outputs TEXT NOT NULL CHECK (json_valid(outputs))
  ) STRICT`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

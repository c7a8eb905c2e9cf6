import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // What people did with models: folders that were added, and what is in the bin.
  `CREATE TABLE models (
    model TEXT PRIMARY KEY,
    added_at INTEGER,
    removed_at INTEGER
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE downloads (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'paused', 'failed', 'done')),
    plan TEXT NOT NULL CHECK (json_valid(plan)),
    error TEXT CHECK (error IS NULL OR json_valid(error)),
    notices TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(notices)),
    folder TEXT,
    created_at INTEGER NOT NULL
  ) STRICT`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

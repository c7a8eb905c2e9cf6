import { type Kysely, sql } from 'kysely';

// What people make of banks: names, tags, notes, a bin; and banks that no run made.
const STATEMENTS = [
  `CREATE TABLE library (
    id TEXT PRIMARY KEY,
    origin TEXT NOT NULL CHECK (origin IN ('run', 'imported', 'merged')),
    run_id TEXT REFERENCES runs (id) ON DELETE CASCADE,
    seed INTEGER,
    name TEXT NOT NULL,
    tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    notes TEXT NOT NULL DEFAULT '',
    hash TEXT NOT NULL,
    model_hash TEXT NOT NULL,
    model TEXT NOT NULL,
    prompts TEXT NOT NULL CHECK (json_valid(prompts)),
    bytes INTEGER NOT NULL,
    directory TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
  ) STRICT`,
  'CREATE INDEX library_run ON library (run_id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

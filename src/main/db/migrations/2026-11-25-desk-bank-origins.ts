import { type Kysely, sql } from 'kysely';

// A CHECK cannot be changed in place: the table is written anew, without a list of origins to outgrow.
const STATEMENTS = [
  `CREATE TABLE library_new (
    id TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
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
  `INSERT INTO library_new SELECT id, origin, run_id, seed, name, tags, notes, hash, model_hash, model,
    prompts, bytes, directory, created_at, deleted_at FROM library`,
  'DROP TABLE library',
  'ALTER TABLE library_new RENAME TO library',
  'CREATE INDEX library_run ON library (run_id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

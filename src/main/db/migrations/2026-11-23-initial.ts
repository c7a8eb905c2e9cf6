import { type Kysely, sql } from 'kysely';

// Raw statements, one per table: a migration is history and must not follow later changes of our types.
const STATEMENTS = [
  `CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN
      ('queued', 'running', 'paused', 'interrupted', 'done', 'failed', 'cancelled')),
    recipe TEXT NOT NULL CHECK (json_valid(recipe)),
    seed INTEGER NOT NULL,
    model_hash TEXT,
    device TEXT,
    directory TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    error_code TEXT,
    error_message TEXT,
    error_next TEXT,
    tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    notes TEXT NOT NULL DEFAULT ''
  ) STRICT`,
  `CREATE TABLE stages (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'done', 'failed')),
    progress REAL NOT NULL DEFAULT 0,
    started_at INTEGER,
    finished_at INTEGER,
    artefact TEXT,
    artefact_hash TEXT,
    PRIMARY KEY (run_id, name)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE metrics (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    step INTEGER NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (run_id, stage, name, step)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE banks (
    id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seed INTEGER NOT NULL,
    hash TEXT NOT NULL,
    model_hash TEXT NOT NULL,
    directory TEXT NOT NULL
  ) STRICT`,
  'CREATE INDEX banks_run ON banks (run_id)',
  `CREATE TABLE prompts (
    bank_id TEXT NOT NULL REFERENCES banks (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (bank_id, position)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE answers (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    arm TEXT NOT NULL,
    seed INTEGER NOT NULL,
    task TEXT NOT NULL,
    item_id TEXT NOT NULL,
    correct INTEGER NOT NULL CHECK (correct IN (0, 1)),
    scores TEXT NOT NULL CHECK (json_valid(scores)),
    prompt TEXT,
    attention TEXT CHECK (attention IS NULL OR json_valid(attention)),
    PRIMARY KEY (run_id, task, item_id, arm, seed)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE results (
    run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    summary TEXT NOT NULL CHECK (json_valid(summary)),
    timings TEXT NOT NULL CHECK (json_valid(timings))
  ) STRICT`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

import { type Kysely, sql } from 'kysely';

// Banks of the library as arms of a run. A bank may leave the library, its numbers stay with the run.
const STATEMENTS = [
  `CREATE TABLE compared_banks (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    bank_id TEXT NOT NULL,
    result TEXT NOT NULL CHECK (json_valid(result)),
    prompts TEXT NOT NULL CHECK (json_valid(prompts)),
    milliseconds REAL NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (run_id, bank_id)
  ) STRICT, WITHOUT ROWID`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

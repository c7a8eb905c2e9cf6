import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { KintsugiError } from '../../shared/errors.ts';
import { explainDatabaseError, isCorruption } from './failure.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Schema } from './schema.ts';

type Migrations = Readonly<Record<string, Migration>>;

/** The open database of one data folder. */
export interface Store {
  readonly db: Kysely<Schema>;
  readonly path: string;
  /** What the person should be told about opening it (a damaged database that was set aside). */
  readonly warnings: readonly KintsugiError[];
  close(): Promise<void>;
}

/** How long a write waits for another process's write, in milliseconds. */
const BUSY_TIMEOUT = 10_000;

/**
 * Opens or creates the database and brings its schema up to date, after a backup beside it.
 * A damaged file is renamed, never deleted, and reported in `warnings`.
 * @throws KintsugiError DATABASE_NEWER (file untouched), DATABASE_FAILED
 */
export async function openStore(path: string, migrations: Migrations = MIGRATIONS): Promise<Store> {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new KintsugiError('OUTPUT_UNWRITABLE', `The data folder cannot be made.`, {
      next: 'Choose a writable folder with --home or KINTSUGI_HOME.',
      file: dirname(path),
      cause: error,
    });
  }
  try {
    const found = inspect(path);
    refuseNewer(found, migrations, path);
    const warnings = found.state === 'damaged' ? [setAside(path, found.reason)] : [];
    const sqlite = connect(path);
    try {
      if (found.state === 'sound') backUp(sqlite, path, found.executed, migrations);
      const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: sqlite }) });
      await migrate(sqlite, db, path, migrations);
      return { db, path, warnings, close: () => db.destroy() };
    } catch (error) {
      sqlite.close();
      throw error;
    }
  } catch (error) {
    throw explainDatabaseError(error, path);
  }
}

function connect(path: string): Database.Database {
  const sqlite = new Database(path, { timeout: BUSY_TIMEOUT });
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  return sqlite;
}

type Inspection =
  | { readonly state: 'absent' }
  | { readonly state: 'damaged'; readonly reason: string }
  | { readonly state: 'sound'; readonly executed: readonly string[] };

/** Reads the file without a right to write it, so that a refused file stays as it was. */
function inspect(path: string): Inspection {
  if (!existsSync(path)) return { state: 'absent' };
  const sqlite = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT });
  try {
    const reason = sqlite.pragma('quick_check(1)', { simple: true });
    if (reason !== 'ok') return { state: 'damaged', reason: String(reason) };
    return { state: 'sound', executed: executedMigrations(sqlite) };
  } catch (error) {
    if (isCorruption(error)) return { state: 'damaged', reason: (error as Error).message };
    throw error;
  } finally {
    sqlite.close();
  }
}

function executedMigrations(sqlite: Database.Database): string[] {
  const table = sqlite.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'kysely_migration'`);
  if (table.get() === undefined) return [];
  return sqlite
    .prepare('SELECT name FROM kysely_migration ORDER BY name')
    .pluck()
    .all() as string[];
}

function refuseNewer(found: Inspection, migrations: Migrations, path: string): void {
  if (found.state !== 'sound') return;
  const unknown = found.executed.find((name) => !Object.hasOwn(migrations, name));
  if (unknown === undefined) return;
  throw new KintsugiError(
    'DATABASE_NEWER',
    `The run database was written by a newer version of Kintsugi (it has the change "${unknown}").`,
    {
      next: 'Update Kintsugi, or use another data folder with --home. The file is unchanged.',
      file: path,
    },
  );
}

/** Renames the damaged file and its journal, so that nothing in them is lost. */
function setAside(path: string, reason: string): KintsugiError {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const kept = `${path}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  }
  return new KintsugiError(
    'DATABASE_CORRUPT',
    `The run database was damaged (${reason}) and has been set aside; a new, empty one is in use.`,
    { next: 'Restore a backup from the same folder if you need the old runs.', file: kept },
  );
}

/** Copies a database that is about to change to `<path>.before-<first new migration>`. */
function backUp(
  sqlite: Database.Database,
  path: string,
  executed: readonly string[],
  migrations: Migrations,
): void {
  const pending = Object.keys(migrations)
    .sort()
    .filter((name) => !executed.includes(name));
  if (executed.length === 0 || pending[0] === undefined) return;
  const backup = `${path}.before-${pending[0]}`;
  const partial = `${backup}.partial`;
  rmSync(partial, { force: true });
  sqlite.prepare('VACUUM INTO ?').run(partial);
  // VACUUM INTO does not flush its output.
  const file = openSync(partial, 'r+');
  fsyncSync(file);
  closeSync(file);
  renameSync(partial, backup);
}

/**
 * All pending migrations in one transaction of ours: Kysely has none for SQLite, whose schema changes
 * do roll back. IMMEDIATE also makes a second process wait until the first has migrated.
 */
async function migrate(
  sqlite: Database.Database,
  db: Kysely<Schema>,
  path: string,
  migrations: Migrations,
): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
  });
  sqlite.exec('BEGIN IMMEDIATE');
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) {
    sqlite.exec('COMMIT');
    return;
  }
  if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
  throw new KintsugiError(
    'DATABASE_FAILED',
    `The run database could not be upgraded (${error instanceof Error ? error.message : error}).`,
    {
      next: 'The database is as it was. Report this with the message above.',
      file: path,
      cause: error,
    },
  );
}

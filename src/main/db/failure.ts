import Database from 'better-sqlite3';
import { KintsugiError } from '../../shared/errors.ts';

/** SQLite's own word that the bytes of the file are not a sound database. */
export function isCorruption(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError && /^SQLITE_(NOTADB|CORRUPT|FORMAT)/.test(error.code)
  );
}

/** A failure of SQLite in plain words; anything else is returned as it came. */
export function explainDatabaseError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const explain = (message: string, next: string) =>
    new KintsugiError('DATABASE_FAILED', message, { next, file: path, cause: error });
  if (error.code.startsWith('SQLITE_BUSY')) {
    return explain(
      'The run database is in use by another process.',
      'Wait for the other Kintsugi process to finish its write, or close it, and try again.',
    );
  }
  if (error.code === 'SQLITE_FULL') {
    return explain(
      'The disk is full; the last write to the run database was undone.',
      'Free some disk space, then continue with "kintsugi runs resume".',
    );
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(error.code)) {
    return explain(
      `The run database cannot be opened for writing (${error.message}).`,
      'Choose a writable data folder with --home or KINTSUGI_HOME.',
    );
  }
  if (isCorruption(error)) {
    return explain(
      `The run database was damaged while it was in use (${error.message}).`,
      'Start the program again: it sets the damaged file aside and begins a new one.',
    );
  }
  return explain(
    `The run database failed (${error.code}: ${error.message}).`,
    'Check the disk that holds the data folder, then try again.',
  );
}

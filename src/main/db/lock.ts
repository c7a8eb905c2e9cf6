import { join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * A run is worked on, and a data folder held open, by one process at a time. The lock is SQLite's
 * exclusive lock on an empty file: the operating system drops it with the process, however that ends.
 */
const LOCK_FILE = 'run.lock';
const HOME_LOCK_FILE = 'workbench.lock';

// The handles are kept here because a collected one would give its lock back.
const held = new Set<Database.Database>();

/** Takes the run's lock and returns its release, or undefined when another holder has it. */
export const lockRun = (directory: string): (() => void) | undefined =>
  lockFile(join(directory, LOCK_FILE));

/** Takes the data folder for one workbench, whose queue starts what waits in it. */
export const lockHome = (home: string): (() => void) | undefined =>
  lockFile(join(home, HOME_LOCK_FILE));

/** As `lockRun`, with the lock on any file that holds nothing else. */
export function lockFile(path: string): (() => void) | undefined {
  // Long enough to outlast another process's glance in isRunLocked.
  const handle = new Database(path, { timeout: 500 });
  try {
    handle.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    handle.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
  held.add(handle);
  return () => {
    held.delete(handle);
    handle.close();
  };
}

/** Whether some living process is working on the run in this folder. */
export function isRunLocked(directory: string): boolean {
  let handle: Database.Database;
  try {
    handle = new Database(join(directory, LOCK_FILE), { timeout: 0, fileMustExist: true });
  } catch {
    return false;
  }
  try {
    handle.exec('BEGIN EXCLUSIVE');
    return false;
  } catch {
    return true;
  } finally {
    handle.close();
  }
}

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** --home, then KINTSUGI_HOME, then `.kintsugi` in the user's folder. */
export function dataHome(option: string | undefined): string {
  return resolve(option ?? (process.env['KINTSUGI_HOME'] || join(homedir(), '.kintsugi')));
}

export const databasePath = (home: string): string => join(home, 'kintsugi.db');

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './tools.ts';

export const ELECTRON = join(ROOT, 'node_modules', 'electron');

/** Electron's program as it lies here, or undefined: its package fetches it on first use. */
export function electronProgram(): string | undefined {
  const given = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const record = join(ELECTRON, 'path.txt');
  if (given === undefined && !existsSync(record)) return undefined;
  const name = existsSync(record) ? readFileSync(record, 'utf8') : 'electron';
  const path = join(given ?? join(ELECTRON, 'dist'), name);
  return existsSync(path) ? path : undefined;
}

/** Whether a window can be shown. */
export function hasDisplay(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform !== 'linux' || Boolean(DISPLAY || WAYLAND_DISPLAY);
}

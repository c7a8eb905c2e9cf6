// `npm start`: builds the workbench and opens it in Electron.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.ts';
import { ROOT, runNode } from './tools.ts';

const ELECTRON = join(ROOT, 'node_modules', 'electron');

/** Electron's program; its package fetches it on first use, which needs a network. */
async function findElectron(): Promise<string | undefined> {
  if (process.env['ELECTRON_OVERRIDE_DIST_PATH'] === undefined) {
    const { status } = await runNode([join(ELECTRON, 'install.js')], 'collect');
    if (status !== 0) return undefined;
  }
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(ELECTRON, 'dist');
  const record = join(ELECTRON, 'path.txt');
  const path = join(folder, existsSync(record) ? readFileSync(record, 'utf8') : 'electron');
  return existsSync(path) ? path : undefined;
}

function hasDisplay(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform !== 'linux' || Boolean(DISPLAY || WAYLAND_DISPLAY);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

if (!hasDisplay()) {
  fail('This machine has no display for the window; use "npm run kintsugi -- runs list" instead.');
}
const electron = await findElectron();
if (electron === undefined) {
  fail(
    "Electron's program could not be fetched; connect to the network and run `npm start` again, " +
      'or use "npm run kintsugi -- runs list".',
  );
}
const { status, output } = await build('collect');
if (status !== 0) fail(output);
spawn(electron, [ROOT], { stdio: 'inherit' }).on('close', (code) => process.exit(code ?? 1));

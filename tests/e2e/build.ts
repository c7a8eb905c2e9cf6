import { cpSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from '../../scripts/build.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** What the suite's hosts serve: a copy, so that a build in the meantime changes nothing. */
export const FILES = join(ROOT, 'test-results', 'renderer');

/** The suite looks at what users get: the built renderer. */
export default async function buildOnce(): Promise<void> {
  const { status, output } = await build('collect');
  if (status !== 0) throw new Error(`The build failed:\n${output}`);
  rmSync(FILES, { recursive: true, force: true });
  cpSync(join(ROOT, 'out', 'renderer'), FILES, { recursive: true });
}

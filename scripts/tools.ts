import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..');

export interface Finished {
  /** Exit code; 128 + n when a signal ended it, 1 when it never started. */
  readonly status: number;
  /** stdout and stderr as they came; empty when the output went to the terminal. */
  readonly output: string;
}

/**
 * The JavaScript file behind a package's command, so that no shell stands between (on Windows
 * the files in node_modules/.bin need one).
 */
export function binaryOf(packageName: string, command = packageName): string {
  const folder = join(ROOT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}

/** Runs a Node program from the repository's root, with the Node that runs this. */
export function runNode(args: readonly string[], output: 'collect' | 'show'): Promise<Finished> {
  return new Promise((done) => {
    const stdio = output === 'show' ? 'inherit' : 'pipe';
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', stdio, stdio] });
    let collected = '';
    const collect = (chunk: Buffer) => {
      collected += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (error) => done({ status: 1, output: error.message }));
    child.on('close', (code) => done({ status: code ?? 129, output: collected }));
  });
}

/** The folders that have a tsconfig of their own: the layers, and what surrounds them. */
export function typeCheckedFolders(): string[] {
  const layers = ['shared', 'core', 'main', 'preload', 'renderer'].map((name) => `src/${name}`);
  return [...layers, 'tests', 'scripts', 'bench'].filter((folder) =>
    existsSync(join(ROOT, folder, 'tsconfig.json')),
  );
}

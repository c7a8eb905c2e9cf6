import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../../../scripts/tools.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LOCK = { packages: { '': {}, 'node_modules/wanted': { version: '2.0.0' } } };
/** Stands for npm: notes its arguments, then installs what the lock asks for. */
const NPM = `
const fs = require('node:fs');
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
fs.mkdirSync('node_modules', { recursive: true });
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
console.log('added 1 package');
`;
const BROKEN_NPM = `console.error('npm error network ENOTFOUND'); process.exit(1);`;

let clone: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'kintsugi-setup-'));
  write('package-lock.json', JSON.stringify(LOCK));
  write('npm/npm-cli.js', NPM);
  write('say.ts', `const word: string = process.argv[2]!; console.log(word); process.exit(7);`);
  mkdirSync(join(clone, 'scripts'));
  cpSync(join(ROOT, 'scripts/with-setup.mjs'), join(clone, 'scripts/with-setup.mjs'));
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(clone, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), text);
}

function installed(version: string): void {
  const packages = { 'node_modules/wanted': { version } };
  write('node_modules/.package-lock.json', JSON.stringify({ packages }));
}

function npmCalls(): string[] {
  try {
    return readFileSync(join(clone, 'npm-calls'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(clone, 'scripts/with-setup.mjs'), ...args], {
    cwd: clone,
    env: { ...process.env, npm_execpath: join(clone, 'npm/npm-cli.js') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  return child;
}

function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

describe('with-setup', () => {
  it('installs on a fresh clone, then runs the script with its arguments and exit code', async () => {
    const { code, stdout, stderr } = await ended(start('say.ts', 'hello there'));
    expect({ code, stdout }).toEqual({ code: 7, stdout: 'hello there\n' });
    expect(stderr).toMatch(/installing the locked packages/);
    expect(npmCalls()).toHaveLength(1);
    expect(npmCalls()[0]).toMatch(/^ci --ignore-scripts --include=dev/);
  });

  it('installs again when the lock has changed', async () => {
    installed('1.0.0');
    expect((await ended(start('say.ts', 'x'))).code).toBe(7);
    expect(npmCalls()).toHaveLength(1);
  });

  it('is silent and runs no npm when everything is there', async () => {
    installed('2.0.0');
    expect(await ended(start('say.ts', 'x'))).toEqual({ code: 7, stdout: 'x\n', stderr: '' });
    expect(npmCalls()).toEqual([]);
  });

  it('does not miss optional packages of other platforms', async () => {
    const other = { version: '1.0.0', optional: true };
    const packages = { ...LOCK.packages, 'node_modules/other-platform': other };
    write('package-lock.json', JSON.stringify({ packages }));
    installed('2.0.0');
    expect((await ended(start('say.ts', 'x'))).stderr).toBe('');
  });

  it('says what failed and what to do when npm cannot install', async () => {
    write('npm/npm-cli.js', BROKEN_NPM);
    const { code, stdout, stderr } = await ended(start('say.ts', 'x'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('npm error network ENOTFOUND');
    expect(existsSync(join(clone, '.cache/setup.lock'))).toBe(false);
    expect(stderr).toMatch(/Next: check that this machine reaches its npm registry/);
  });

  it('installs once for two commands started together', async () => {
    const both = await Promise.all([ended(start('say.ts', 'a')), ended(start('say.ts', 'b'))]);
    expect(both.map(({ stdout }) => stdout)).toEqual(['a\n', 'b\n']);
    expect(npmCalls()).toHaveLength(1);
  });

  it('takes over from an installation that was killed', async () => {
    const { pid } = start('say.ts', 'x');
    await ended(started[0]!);
    rmSync(join(clone, 'node_modules'), { recursive: true, force: true });
    write('.cache/setup.lock', String(pid));
    expect((await ended(start('say.ts', 'x'))).code).toBe(7);
    expect(npmCalls()).toHaveLength(2);
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'passes %s on and ends as the script ends',
    async (signal) => {
      installed('2.0.0');
      write(
        'wait.ts',
        `process.on('${signal}', () => { console.log('stopping'); process.exit(3); });
         setInterval(() => {}, 1000); console.log('ready');`,
      );
      const child = start('wait.ts');
      const end = ended(child);
      child.stdout?.once('data', () => child.kill(signal));
      expect(await end).toMatchObject({ code: 3, stdout: 'ready\nstopping\n' });
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'stops when npm, two processes up, is killed',
    async () => {
      installed('2.0.0');
      write('wait.ts', `setInterval(() => {}, 1000); console.log('ready');`);
      // Stands for npm: starts a shell that waits for us.
      const command = `'${process.execPath}' scripts/with-setup.mjs wait.ts; exit`;
      write(
        'npm.mjs',
        `import { spawn } from 'node:child_process';
       spawn('sh', ['-c', ${JSON.stringify(command)}], { stdio: ['ignore', 'inherit', 'inherit'] });`,
      );
      const npm = spawn(process.execPath, ['npm.mjs'], {
        cwd: clone,
        env: { ...process.env, npm_lifecycle_event: 'wait' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      npm.stdout.once('data', () => npm.kill('SIGKILL'));
      // The pipe closes when the last process that holds it has ended.
      expect((await ended(npm)).stdout).toBe('ready\n');
    },
  );

  it.skipIf(process.platform === 'win32')('reports a killed script as shells do', async () => {
    installed('2.0.0');
    write('die.ts', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
    expect((await ended(start('die.ts'))).code).toBe(137);
  });
});

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { connectTo, type TestClient } from '../support/host.ts';
import { FILES } from './build.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const HOST = join(ROOT, 'src/main/host/index.ts');

/** The real host in a process of its own, on a data folder of its own. */
export interface HostProcess {
  readonly home: string;
  /** With the session's token. */
  readonly url: string;
  readonly client: TestClient;
  /** Processes that it has started: the compute host. */
  children(): number[];
  /** Ends the process; the data folder stays for the next one. */
  stop(): Promise<void>;
}

export function temporaryHome(): { readonly home: string; readonly remove: () => void } {
  const home = mkdtempSync(join(tmpdir(), 'kintsugi-e2e-'));
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** Its cache of the hub is in the data folder, so that the user's own is left alone. */
export async function startHost(
  home: string,
  env: Readonly<Record<string, string>> = {},
): Promise<HostProcess> {
  const child = spawn(process.execPath, [HOST, '--home', home, '--files', FILES], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HF_HOME: join(home, 'huggingface'), ...env },
  });
  const url = await addressOf(child);
  const { port, hash } = new URL(url);
  const client = connectTo({ port: Number(port), token: hash.replace('#token=', '') });
  return {
    home,
    url,
    client,
    children: () => childrenOf(child.pid!),
    async stop() {
      await client.close();
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await gone;
      clearTimeout(late);
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    child.once('exit', (code) => failed(new Error(`The host ended with ${code}`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const url = /http:\/\/\S+/.exec(line)?.[0];
      if (url !== undefined) found(url);
    });
  });
}

function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-o', 'pid=,stat=', '--ppid', String(pid)]).toString();
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('Z'))
    .map((line) => Number.parseInt(line, 10));
}

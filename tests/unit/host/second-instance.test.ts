import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../db/temporary.ts';

const HOST = join(import.meta.dirname, '../../../src/main/host/index.ts');

async function opened(home: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOST, '--home', home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  expect(String(line)).toContain('Kintsugi is at http://127.0.0.1');
  return child;
}

it('a data folder is open in one workbench at a time; a killed one leaves it free', async () => {
  const home = temporaryFolder();
  const first = await opened(home);
  const second = spawnSync(process.execPath, [HOST, '--home', home], { encoding: 'utf8' });
  expect(second.status).toBe(1);
  expect(second.stderr).toMatch(/^HOME_IN_USE: .*already open.*\n {2}next: .*--home/);
  const gone = once(first, 'exit');
  first.kill('SIGKILL');
  await gone;
  const third = await opened(home);
  third.kill('SIGKILL');
  await once(third, 'exit');
});

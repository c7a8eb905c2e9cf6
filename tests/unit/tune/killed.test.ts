import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { STEPS, trainToy } from './toy.ts';

const SCRIPT = join(import.meta.dirname, 'killed-training.ts');

/** Trains on in a process of its own; killed at that step it has no result. */
async function trainOn(dir: string, killedAt: number): Promise<string | undefined> {
  const child = spawn(process.execPath, [SCRIPT, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let result: string | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === `step ${killedAt}`) child.kill('SIGKILL');
    if (line.startsWith('result ')) result = line.slice('result '.length);
  });
  await once(child, 'close');
  return result;
}

it('killed at random steps and started again each time, training gives the same bits', async () => {
  const expected = JSON.stringify(await trainToy(temporaryFolder()));
  const dir = temporaryFolder();
  const random = createRandom(7);
  let kills = 0;
  for (let at = 0; at < STEPS; kills++) {
    at += 1 + random.integer(14);
    const result = await trainOn(dir, at);
    if (result === undefined) continue;
    expect(result).toBe(expected);
    expect(kills).toBeGreaterThan(2);
    return;
  }
  expect(await trainOn(dir, Number.POSITIVE_INFINITY)).toBe(expected);
});

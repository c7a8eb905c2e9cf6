import { expect, it } from 'vitest';
import type { FromCompute, ToCompute } from '../../../src/main/compute/protocol.ts';
import { createCompute } from '../../../src/main/jobs/compute.ts';
import { forkCompute } from '../../../src/main/jobs/node-process.ts';
import { temporaryFolder } from '../db/temporary.ts';

/** Processes that note what they are told and answer when the test says so. */
function scripted() {
  const processes: {
    readonly told: ToCompute[];
    say: (message: FromCompute) => void;
    end: (how: string) => void;
  }[] = [];
  const compute = createCompute(() => {
    const process = { told: [] as ToCompute[], say: () => undefined, end: () => undefined };
    processes.push(process as never);
    return {
      send: (message) => void process.told.push(message),
      onMessage: (listener) => void Object.assign(process, { say: listener }),
      onExit: (listener) => void Object.assign(process, { end: listener }),
      kill: () => undefined,
      pid: 1,
    };
  });
  return { compute, processes };
}

it('keeps runs and questions apart, and passes a stop on', async () => {
  const { compute, processes } = scripted();
  const stop = new AbortController();
  const run = compute.ask('run.execute', { id: 'r', force: false }, { signal: stop.signal });
  const question = compute.ask('tasks.list', null);
  const [{ told, say }] = processes as [(typeof processes)[number]];
  expect(told).toMatchObject([
    { kind: 'ask', id: 1, lane: 'runs' },
    { kind: 'ask', id: 2, lane: 'questions' },
  ]);
  say({ kind: 'answer', id: 2, value: [] });
  expect(await question).toEqual([]);
  stop.abort();
  expect(told.at(-1)).toEqual({ kind: 'stop', id: 1 });
  say({ kind: 'failure', id: 1, error: { code: 'CANCELLED', message: 'm', next: 'n' } });
  await expect(run).rejects.toMatchObject({ code: 'CANCELLED', next: 'n' });
});

it('fails every open ask when the process ends, and starts another for the next', async () => {
  const { compute, processes } = scripted();
  const run = compute.ask('run.execute', { id: 'r', force: false });
  const question = compute.ask('tasks.list', null);
  processes[0]!.end('SIGSEGV');
  await expect(run).rejects.toMatchObject({
    code: 'COMPUTE_CRASHED',
    message: expect.stringContaining('SIGSEGV'),
    next: expect.stringContaining('Resume'),
  });
  await expect(question).rejects.toMatchObject({ next: expect.stringContaining('Try again') });
  const again = compute.ask('tasks.list', null);
  expect(processes).toHaveLength(2);
  processes[1]!.say({ kind: 'answer', id: 3, value: [] });
  expect(await again).toEqual([]);
});

it('answers from a real process, and says so when that is killed in the middle', async () => {
  const compute = createCompute(() => forkCompute(temporaryFolder()));
  expect((await compute.ask('tasks.list', null)).length).toBeGreaterThan(0);
  const lost = compute.ask('system.doctor', null);
  compute.kill();
  await expect(lost).rejects.toMatchObject({ code: 'COMPUTE_CRASHED' });
  expect((await compute.ask('tasks.list', null)).length).toBeGreaterThan(0);
  compute.kill();
});

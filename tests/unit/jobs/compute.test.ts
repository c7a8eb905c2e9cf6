import { expect, it } from 'vitest';
import type { FromCompute, ToCompute } from '../../../src/main/compute/protocol.ts';
import { createCompute } from '../../../src/main/jobs/compute.ts';
import { forkCompute } from '../../../src/main/jobs/node-process.ts';
import { temporaryFolder } from '../db/temporary.ts';

interface Scripted {
  readonly told: ToCompute[];
  readonly say: (message: FromCompute) => void;
  readonly end: (how: string) => void;
}

/** Processes that note what they are told and answer when the test says so. */
function scripted() {
  const processes: Scripted[] = [];
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

it('gives runs and questions a process each, and passes a stop on', async () => {
  const { compute, processes } = scripted();
  const stop = new AbortController();
  const run = compute.ask('run.execute', { id: 'r', force: false }, { signal: stop.signal });
  const question = compute.ask('tasks.list', null);
  const [runs, questions] = processes as [Scripted, Scripted];
  expect(runs.told).toMatchObject([{ kind: 'ask', id: 1, name: 'run.execute' }]);
  expect(questions.told).toMatchObject([{ kind: 'ask', id: 1, name: 'tasks.list' }]);
  questions.say({ kind: 'answer', id: 1, value: [] });
  expect(await question).toEqual([]);
  stop.abort();
  expect(runs.told.at(-1)).toEqual({ kind: 'stop', id: 1 });
  runs.say({ kind: 'failure', id: 1, error: { code: 'CANCELLED', message: 'm', next: 'n' } });
  await expect(run).rejects.toMatchObject({ code: 'CANCELLED', next: 'n' });
});

it('fails what a process was asked when it ends, leaves the other alone, and starts another', async () => {
  const { compute, processes } = scripted();
  const run = compute.ask('run.execute', { id: 'r', force: false });
  const question = compute.ask('tasks.list', null);
  const [runs, questions] = processes as [Scripted, Scripted];
  questions.end('SIGABRT');
  await expect(question).rejects.toMatchObject({ next: expect.stringContaining('Try again') });
  const again = compute.ask('tasks.list', null);
  expect(processes).toHaveLength(3);
  processes[2]!.say({ kind: 'answer', id: 2, value: [] });
  expect(await again).toEqual([]);
  runs.end('SIGSEGV');
  await expect(run).rejects.toMatchObject({
    code: 'COMPUTE_CRASHED',
    message: expect.stringContaining('SIGSEGV'),
    next: expect.stringContaining('Resume'),
  });
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

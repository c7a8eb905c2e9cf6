import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { executeRun } from '../../../src/main/compute/runner.ts';
import type { RunEvent, Stage } from '../../../src/main/compute/stage.ts';
import { lockRun } from '../../../src/main/db/lock.ts';
import { readMetrics } from '../../../src/main/db/metrics.ts';
import { openStore } from '../../../src/main/db/open.ts';
import { createRun, findRun } from '../../../src/main/db/runs.ts';
import { listStages } from '../../../src/main/db/stages.ts';
import { KintsugiError } from '../../../src/shared/errors.ts';
import { temporaryFolder } from '../db/temporary.ts';

async function setUp() {
  const folder = temporaryFolder();
  const store = await openStore(join(folder, 'kintsugi.db'));
  onTestFinished(() => store.close());
  const directory = join(folder, 'run');
  mkdirSync(directory);
  await createRun(store.db, { id: 'r', kind: 'repair', recipe: {}, seed: 0, directory });

  const execute = async (stages: readonly Stage[], signal = new AbortController().signal) => {
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent) => events.push(event);
    const failure = await executeRun(store, await findRun(store.db, 'r'), stages, {
      signal,
      onEvent,
    }).then(
      () => undefined,
      (error: unknown) => error,
    );
    return {
      failure,
      ran: names(events, 'stage-started'),
      skipped: names(events, 'stage-skipped'),
    };
  };
  /** Writes the text that `make` gives into the folder of the stage's name. */
  const writer = (name: string, make: () => string): Stage => ({
    name,
    artefact: name,
    run: async () => {
      mkdirSync(join(directory, name), { recursive: true });
      writeFileSync(join(directory, name, 'out.txt'), make());
    },
  });
  const output = (name: string) => readFileSync(join(directory, name, 'out.txt'), 'utf8');
  const status = async () => (await findRun(store.db, 'r')).status;
  return { store, directory, execute, writer, output, status };
}

const names = (events: readonly RunEvent[], kind: RunEvent['kind']) =>
  events.filter((event) => event.kind === kind).map((event) => event.stage);

test('stages run in order; a finished run has nothing left to do', async () => {
  const { execute, writer, output, status } = await setUp();
  const stages = [writer('a', () => '1'), writer('b', () => `${output('a')}2`)];
  expect(await execute(stages)).toEqual({ failure: undefined, ran: ['a', 'b'], skipped: [] });
  expect(output('b')).toBe('12');
  expect(await status()).toBe('done');
  expect(await execute(stages)).toMatchObject({ ran: [], skipped: ['a', 'b'] });
});

test('a failed run keeps its error and goes on from the stage that failed', async () => {
  const { store, execute, writer, status } = await setUp();
  let broken = true;
  const second = writer('b', () => {
    if (broken) throw new KintsugiError('DATA_INVALID', 'bad data', { next: 'mend it' });
    return 'fine';
  });
  const stages = [writer('a', () => '1'), second];
  expect((await execute(stages)).failure).toMatchObject({ code: 'DATA_INVALID' });
  expect(await findRun(store.db, 'r')).toMatchObject({
    status: 'failed',
    error: { code: 'DATA_INVALID', message: 'bad data', next: 'mend it' },
  });
  broken = false;
  expect(await execute(stages)).toMatchObject({ ran: ['b'], skipped: ['a'] });
  expect(await status()).toBe('done');
  expect((await findRun(store.db, 'r')).error).toBeNull();
});

test('shares are told at most ten times a second, with the time left', async () => {
  const { store } = await setUp();
  const shares: (RunEvent & { readonly kind: 'stage-progress' })[] = [];
  const busy: Stage = {
    name: 'busy',
    run: async ({ progress }) => {
      const start = performance.now();
      for (let spent = 0; spent < 450; spent = performance.now() - start) {
        progress(spent / 450);
        await new Promise(setImmediate);
      }
    },
  };
  await executeRun(store, await findRun(store.db, 'r'), [busy], {
    signal: new AbortController().signal,
    onEvent: (event) => event.kind === 'stage-progress' && shares.push(event),
  });
  expect(shares.length).toBeGreaterThan(1);
  expect(shares.length).toBeLessThan(7);
  expect(shares.at(-1)!.secondsLeft).toBeLessThan(2);
});

test('a stage may leave out what it would make, and says why', async () => {
  const { store, execute, writer, status } = await setUp();
  const nothing: Stage = {
    name: 'b',
    artefact: 'b',
    run: async ({ leaveOut }) => leaveOut('not asked for'),
  };
  expect((await execute([writer('a', () => '1'), nothing])).failure).toBeUndefined();
  expect(await status()).toBe('done');
  expect((await listStages(store.db, 'r')).map(({ status, remark }) => [status, remark])).toEqual([
    ['done', null],
    ['done', 'not asked for'],
  ]);
});

test('a full disk leaves the run to be resumed once there is room', async () => {
  const { store, directory, execute, writer, status } = await setUp();
  const stages = [writer('a', () => '1'), writer('b', () => '2')];
  await sql`PRAGMA max_page_count = 1`.execute(store.db);
  const chatty: Stage = {
    name: 'chatty',
    run: async ({ metric }) => {
      for (let step = 0; step < 5000; step++) metric(step, 'loss', step / 3);
    },
  };
  expect((await execute([...stages, chatty])).failure).toMatchObject({ code: 'SQLITE_FULL' });
  expect(await status()).toMatch(/failed|interrupted/);
  await sql`PRAGMA max_page_count = 1000000`.execute(store.db);
  expect(await execute([...stages, chatty])).toMatchObject({ failure: undefined, ran: ['chatty'] });
  expect(await readMetrics(store.db, 'r')).toHaveLength(5000);
  expect(existsSync(join(directory, 'b'))).toBe(true);
});

test('raising the signal pauses the run at the next step and leaves it resumable', async () => {
  const { execute, writer, status, store } = await setUp();
  const controller = new AbortController();
  const steps: number[] = [];
  const counting: Stage = {
    name: 'count',
    run: async ({ signal, progress, metric }) => {
      while (steps.length < 6) {
        signal.throwIfAborted();
        steps.push(steps.length);
        metric(steps.length, 'loss', 1 / steps.length);
        progress(steps.length / 6);
        if (steps.length === 3) controller.abort();
      }
    },
  };
  const stages = [writer('a', () => '1'), counting, writer('c', () => '3')];
  const stopped = await execute(stages, controller.signal);
  expect(stopped.failure).toMatchObject({
    code: 'CANCELLED',
    next: expect.stringContaining('runs resume r'),
  });
  expect(steps).toHaveLength(3);
  expect(await status()).toBe('paused');
  expect((await listStages(store.db, 'r')).map((stage) => stage.status)).toEqual([
    'done',
    'pending',
    'pending',
  ]);
  expect(await execute(stages)).toMatchObject({ ran: ['count', 'c'], skipped: ['a'] });
  expect(steps).toHaveLength(6);
  expect((await readMetrics(store.db, 'r')).map((metric) => metric.step)).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
});

test('a damaged artefact is made again; equal bytes leave the later stages alone', async () => {
  const { directory, execute, writer } = await setUp();
  const stages = [writer('a', () => '1'), writer('b', () => '2')];
  await execute(stages);
  writeFileSync(join(directory, 'a', 'out.txt'), 'flipped');
  expect(await execute(stages)).toMatchObject({ ran: ['a'], skipped: ['b'] });
});

test('an artefact that comes out different makes every later stage start afresh', async () => {
  const { directory, execute, writer, output } = await setUp();
  let version = 'old';
  const stages = [
    writer('a', () => version),
    writer('b', () => (existsSync(join(directory, 'b', 'stale')) ? 'stale' : output('a'))),
  ];
  await execute(stages);
  writeFileSync(join(directory, 'a', 'extra'), '');
  writeFileSync(join(directory, 'b', 'stale'), '');
  version = 'new';
  expect(await execute(stages)).toMatchObject({ ran: ['a', 'b'], skipped: [] });
  expect(output('b')).toBe('new');
});

test('a redo that is cut off still makes the later stages start afresh', async () => {
  const { directory, execute, writer, output } = await setUp();
  let version = 'old';
  const make = () => {
    if (version === 'cut off') throw new Error('killed');
    return version;
  };
  const stages = [writer('a', make), writer('b', () => output('a'))];
  await execute(stages);
  writeFileSync(join(directory, 'a', 'out.txt'), 'flipped');
  version = 'cut off';
  await execute(stages);
  version = 'new';
  expect(await execute(stages)).toMatchObject({ ran: ['a', 'b'] });
  expect(output('b')).toBe('new');
});

test('two processes never work on one run', async () => {
  const { directory, execute, writer, status } = await setUp();
  const release = lockRun(directory)!;
  const { failure, ran } = await execute([writer('a', () => '1')]);
  expect(failure).toMatchObject({ message: expect.stringContaining('another process') });
  expect(ran).toEqual([]);
  expect(await status()).toBe('queued');
  release();
});

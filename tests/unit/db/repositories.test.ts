import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Answer, readAnswers, saveAnswers } from '../../../src/main/db/answers.ts';
import { readBanks, saveBank } from '../../../src/main/db/banks.ts';
import { isRunLocked, lockRun } from '../../../src/main/db/lock.ts';
import {
  readMetrics,
  readNewMetrics,
  sampleMetrics,
  writeMetrics,
} from '../../../src/main/db/metrics.ts';
import { openStore } from '../../../src/main/db/open.ts';
import { readResults, saveResults } from '../../../src/main/db/results.ts';
import {
  createRun,
  deleteRun,
  findRun,
  listRuns,
  newRunId,
  updateRun,
} from '../../../src/main/db/runs.ts';
import {
  finishStage,
  listStages,
  planStages,
  progressStage,
  startStage,
} from '../../../src/main/db/stages.ts';
import { temporaryFolder } from './temporary.ts';

async function openWithRun(id = 'run-1') {
  const folder = temporaryFolder();
  const store = await openStore(join(folder, 'kintsugi.db'));
  onTestFinished(() => store.close());
  const directory = join(folder, 'runs', id);
  mkdirSync(directory, { recursive: true });
  const run = await createRun(store.db, {
    id,
    kind: 'repair',
    recipe: { version: 1, seed: 3 },
    seed: 3,
    directory,
  });
  return { db: store.db, run, directory };
}

const answer = (itemId: string, correct: boolean): Answer => ({
  task: 'capitals',
  itemId,
  correct,
  scores: [-1.5, -2.25],
  prompt: 'places',
  attention: [0.75, 0.25],
});

test('a run comes back as it was made', async () => {
  const { db, run } = await openWithRun();
  expect(run).toMatchObject({ status: 'queued', recipe: { version: 1, seed: 3 }, error: null });
  expect(await findRun(db, 'run-1')).toEqual(run);
});

test('a run is found by an unambiguous beginning of its id', async () => {
  const { db, directory } = await openWithRun('2026-a');
  await createRun(db, { id: '2026-b', kind: 'repair', recipe: {}, seed: 0, directory });
  expect((await findRun(db, '2026-b')).id).toBe('2026-b');
  await expect(findRun(db, '2026')).rejects.toMatchObject({
    code: 'RUN_NOT_FOUND',
    message: expect.stringContaining('2026-a, 2026-b'),
  });
  await expect(findRun(db, 'zzz')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('run ids sort by time', () => {
  const early = newRunId(new Date('2026-01-02T03:04:05Z'));
  expect(early).toMatch(/^20260102-030405-[0-9a-f]{4}$/);
  expect(early < newRunId(new Date('2026-01-02T03:04:06Z'))).toBe(true);
});

test('a running run without its process is shown as interrupted', async () => {
  const { db, directory } = await openWithRun();
  await updateRun(db, 'run-1', { status: 'running' });
  expect((await findRun(db, 'run-1')).status).toBe('interrupted');

  const release = lockRun(directory)!;
  expect((await listRuns(db))[0]!.status).toBe('running');
  expect(lockRun(directory)).toBeUndefined();
  release();
  expect((await listRuns(db))[0]!.status).toBe('interrupted');
});

test('the lock falls with the process that held it, even by SIGKILL', async () => {
  const { directory } = await openWithRun();
  const script = `import { lockRun } from ${JSON.stringify(
    join(import.meta.dirname, '../../../src/main/db/lock.ts'),
  )}; lockRun(process.argv[1]); console.log('held'); setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(isRunLocked(directory)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunLocked(directory)).toBe(false);
});

test('a plan written twice keeps what is done', async () => {
  const { db } = await openWithRun();
  await planStages(db, 'run-1', ['prepare', 'compress']);
  await startStage(db, 'run-1', 'prepare');
  await progressStage(db, 'run-1', 'prepare', 0.5);
  await finishStage(db, 'run-1', 'prepare', { path: 'prepare', hash: 'abc' });
  await planStages(db, 'run-1', ['prepare', 'compress', 'tune']);
  const stages = await listStages(db, 'run-1');
  expect(stages.map((stage) => [stage.name, stage.status, stage.artefact_hash])).toEqual([
    ['prepare', 'done', 'abc'],
    ['compress', 'pending', null],
    ['tune', 'pending', null],
  ]);
});

test('metrics of a repeated step replace the earlier ones, in any number', async () => {
  const { db } = await openWithRun();
  const row = (step: number, value: number) => ({
    run_id: 'run-1',
    stage: 'tune',
    step,
    name: 'loss',
    value,
  });
  await writeMetrics(
    db,
    Array.from({ length: 12_000 }, (_, step) => row(step, step)),
  );
  await writeMetrics(db, [row(11_999, -1)]);
  const metrics = await readMetrics(db, 'run-1');
  expect(metrics).toHaveLength(12_000);
  expect(metrics.at(-1)).toEqual(row(11_999, -1));
});

test('banks keep the order of their prompts and are replaced as a whole', async () => {
  const { db } = await openWithRun();
  const bank = (names: string[]) => ({
    runId: 'run-1',
    seed: 3,
    hash: 'h',
    modelHash: 'm',
    directory: 'bank',
    prompts: names.map((name) => ({ name, tokens: 8, hash: name })),
  });
  await saveBank(db, bank(['z', 'a', 'm']));
  expect(await readBanks(db, 'run-1')).toEqual([bank(['z', 'a', 'm'])]);
  await saveBank(db, bank(['q']));
  expect(await readBanks(db, 'run-1')).toEqual([bank(['q'])]);
});

test('answers come back exactly and belong to one arm and seed', async () => {
  const { db } = await openWithRun();
  const of = { runId: 'run-1', arm: 'idp', seed: 3 };
  await saveAnswers(db, of, [answer('1', true), answer('2', false)]);
  await saveAnswers(db, { ...of, seed: 4 }, [{ ...answer('1', false), attention: null }]);
  await saveAnswers(db, of, [answer('1', true), answer('3', true)]);
  expect(await readAnswers(db, of)).toEqual([answer('1', true), answer('3', true)]);
  expect((await readAnswers(db, { ...of, seed: 4 }))[0]!.attention).toBeNull();
});

test('deleting a run deletes everything of it and nothing of others', async () => {
  const { db, directory } = await openWithRun();
  await createRun(db, { id: 'other', kind: 'repair', recipe: {}, seed: 0, directory });
  for (const runId of ['run-1', 'other']) {
    await planStages(db, runId, ['prepare']);
    await saveAnswers(db, { runId, arm: 'original', seed: 0 }, [answer('1', true)]);
    await saveBank(db, {
      runId,
      seed: 0,
      hash: 'h',
      modelHash: 'm',
      directory: 'bank',
      prompts: [{ name: 'p', tokens: 1, hash: 'h' }],
    });
    await saveResults(db, runId, {
      results: { arms: [], seeds: [0], verdict: '' },
      timings: { millisecondsPerInput: {}, stageSeconds: {} },
    });
  }
  await deleteRun(db, 'run-1');
  const counts = async (runId: string) => [
    (await listStages(db, runId)).length,
    (await readAnswers(db, { runId, arm: 'original', seed: 0 })).length,
    (await readBanks(db, runId)).length,
    (await readResults(db, runId)) === undefined ? 0 : 1,
  ];
  expect(await counts('run-1')).toEqual([0, 0, 0, 0]);
  expect(await counts('other')).toEqual([1, 1, 1, 1]);
  expect(await db.selectFrom('prompts').selectAll().execute()).toHaveLength(1);
});

test('a sample of long metrics has each series to its end, and later reads only what is new', async () => {
  const { db } = await openWithRun();
  const rows = (name: string, steps: number, from = 1) =>
    Array.from({ length: steps }, (_, i) => ({
      run_id: 'run-1',
      stage: 'tune:bank@0',
      name,
      step: from + i,
      value: i,
    }));
  await writeMetrics(db, [...rows('a/loss', 4321), ...rows('b/loss', 3)]);
  const sample = await sampleMetrics(db, 'run-1', 100);
  const steps = (name: string) => sample.filter((row) => row.name === name).map((row) => row.step);
  expect(steps('a/loss').length).toBeLessThanOrEqual(101);
  expect(steps('a/loss').length).toBeGreaterThan(50);
  expect(steps('a/loss').at(-1)).toBe(4321);
  expect(steps('b/loss')).toEqual([1, 2, 3]);
  await writeMetrics(db, [...rows('b/loss', 2, 4), ...rows('c/loss', 1)]);
  const known = new Map([
    ['a/loss', 4321],
    ['b/loss', 3],
  ]);
  const fresh = await readNewMetrics(db, 'run-1', 'tune:bank@0', known);
  expect(fresh.map(({ name, step }) => `${name} ${step}`)).toEqual([
    'b/loss 4',
    'b/loss 5',
    'c/loss 1',
  ]);
});

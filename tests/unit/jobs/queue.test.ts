import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lane } from '../../../src/main/jobs/compute.ts';
import type { RunStatus } from '../../../src/shared/contract/runs.ts';
import type { Recipe } from '../../../src/shared/recipe.ts';
import type { RunResults } from '../../../src/shared/results.ts';
import { startHost, type TestClient, type TestHost } from '../../support/host.ts';
import { smallRecipe, writeSmallModel } from '../../support/small-model.ts';

let home: string;
let model: string;
let host: TestHost;
let page: TestClient;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'kintsugi-jobs-'));
  model = await writeSmallModel(join(home, 'model'));
  host = await startHost(home);
  page = host.connect();
});

afterEach(async () => {
  await page.close();
  await host.close();
  rmSync(home, { recursive: true, force: true });
});

const NO_SAMPLES = { questions: [], answers: [] };
const ENDLESS = 1_000_000;
const start = async (steps?: number) =>
  (await page.call('runs.start', { recipe: smallRecipe(model, steps) })).id;

/** Steps that leave time to stop within them. */
const SOME = 150;
let whole: RunResults | undefined;
/** What a run of so many steps finds when nothing interrupts it. */
async function uninterrupted(): Promise<RunResults> {
  if (whole !== undefined) return whole;
  const id = await start(SOME);
  await becomes(id, 'done');
  whole = await results(id);
  return whole!;
}
const results = async (id: string) => (await show(id)).outcome?.results;

const show = (id: string) => page.call('runs.show', { id });
const becomes = (id: string, status: RunStatus) =>
  vi.waitFor(async () => expect((await show(id)).status).toBe(status), {
    timeout: 50_000,
    interval: 200,
  });
const reaches = (id: string, stage: string) =>
  vi.waitFor(
    async () => {
      const found = (await show(id)).stages.find(({ name }) => name === stage);
      expect(found?.progress).toBeGreaterThan(0);
    },
    { timeout: 50_000, interval: 100 },
  );

const killCompute = (lane: Lane) =>
  process.kill(host.workbench.services.compute.pid(lane)!, 'SIGKILL');

it('works a run through, tells it as it goes, and keeps what it took', async () => {
  const id = await start(30);
  const { seen, stop } = page.events('runs.progress', { id });
  await becomes(id, 'done');
  const run = await show(id);
  expect(run.progress).toBe(1);
  expect(run.outcome?.results.arms.map(({ arm }) => arm.id)).toEqual([
    'original',
    'compressed',
    'prompt',
    'idp',
    'lora',
  ]);
  expect(run.memory.peak).toBeGreaterThan(50e6);
  expect(run.memory.estimated).toBeGreaterThan(50e6);
  expect(run.disk.peak).toBeGreaterThan(50e3);
  expect(run.disk.estimated).toBeGreaterThan(50e3);
  await vi.waitFor(
    () => expect(seen.at(-1)).toMatchObject({ kind: 'progress', progress: 1 }),
    3000,
  );
  stop();
  expect(seen[0]).toMatchObject({ kind: 'snapshot', run: { id } });
  const shares = seen.flatMap((event) => (event.kind === 'progress' ? [event.progress] : []));
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  // At most ten events a second, with one second's for a start.
  const seconds = (run.finishedAt! - run.startedAt!) / 1000;
  expect(seen.length).toBeLessThan(10 * (seconds + 1));
  const again = page.events('runs.progress', { id });
  await vi.waitFor(() => expect(again.seen).toHaveLength(1), 3000);
  again.stop();
  const [snapshot] = again.seen;
  const { questions, answers } = snapshot?.kind === 'snapshot' ? snapshot.samples : NO_SAMPLES;
  expect(questions).toHaveLength(4);
  expect(questions[0]).toMatchObject({ task: 'Capitals', expected: expect.stringMatching(/./) });
  const looks = Map.groupBy(answers, ({ stage }) => stage);
  expect(looks.get('ask')?.map(({ series }) => series)).toEqual(['original', 'compressed']);
  expect(looks.get('tune:single@0')?.map(({ step }) => step)).toEqual([0, 15, 30, 45, 60]);
  expect(looks.get('tune:bank@0')).toHaveLength(2 * 5);
  expect(answers.every(({ answers: texts }) => texts.length === questions.length)).toBe(true);
  // An untouched adapter answers as the compressed model does.
  expect(looks.get('tune:lora@0')?.[0]?.answers).toEqual(looks.get('ask')?.[1]?.answers);
  const series = await page.call('runs.metrics', { id });
  const loss = series.find(({ stage, name }) => stage === 'tune:single@0' && name === 'loss');
  // As many steps as the bank's two prompts together.
  expect(loss?.points.length).toBe(60);
});

it('pauses at the next step and goes on from there to the same results', async () => {
  const expected = await uninterrupted();
  const id = await start(SOME);
  await reaches(id, 'tune:bank@0');
  expect(await page.call('runs.pause', { id })).toMatchObject({ id });
  await becomes(id, 'paused');
  await page.call('runs.resume', { id });
  await becomes(id, 'done');
  expect(await results(id)).toEqual(expected);
});

it('passes over a damaged checkpoint, says so, and comes to the same results', async () => {
  const expected = await uninterrupted();
  const id = await start(SOME);
  await reaches(id, 'tune:bank@0');
  await page.call('runs.pause', { id });
  await becomes(id, 'paused');
  const scratch = join(home, 'runs', id, 'scratch');
  const states = readdirSync(scratch, { recursive: true, encoding: 'utf8' });
  const newest = states
    .filter((name) => name.endsWith('.state'))
    .sort()
    .at(-1)!;
  const bytes = readFileSync(join(scratch, newest));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(join(scratch, newest), bytes);
  await page.call('runs.resume', { id });
  await becomes(id, 'done');
  expect(await results(id)).toEqual(expected);
  const { seen, stop } = page.events('runs.progress', { id });
  await vi.waitFor(() => expect(seen).toHaveLength(1), 3000);
  stop();
  expect(seen[0]).toMatchObject({
    notices: [{ stage: 'tune:bank@0', message: expect.stringContaining('is damaged') }],
  });
});

it('survives a killed compute process: interrupted, then resumed to the same results', async () => {
  const expected = await uninterrupted();
  const id = await start(SOME);
  const next = await start(4);
  await reaches(id, 'tune:bank@0');
  killCompute('runs');
  await becomes(id, 'interrupted');
  expect((await show(id)).error).toMatchObject({ code: 'COMPUTE_CRASHED' });
  // The queue lives on.
  await becomes(next, 'done');
  await page.call('runs.resume', { id });
  await becomes(id, 'done');
  expect((await show(id)).error).toBeNull();
  expect(await results(id)).toEqual(expected);
});

it('goes on with a run when the process that answers questions is killed', async () => {
  const id = await start(SOME);
  await reaches(id, 'tune:bank@0');
  const lost = host.workbench.services.compute.ask('system.doctor', null);
  killCompute('questions');
  await expect(lost).rejects.toMatchObject({ code: 'COMPUTE_CRASHED' });
  expect((await show(id)).status).toBe('running');
  expect((await page.call('tasks.list', {})).length).toBeGreaterThan(0);
  await becomes(id, 'done');
});

it('runs one at a time, in order, and says the place of those that wait', async () => {
  const first = await start(ENDLESS);
  const second = await start();
  const third = await start();
  await becomes(first, 'running');
  expect((await show(second)).queuePosition).toBe(1);
  expect((await show(third)).queuePosition).toBe(2);
  await page.call('runs.pause', { id: second });
  expect(await show(second)).toMatchObject({ status: 'paused', queuePosition: null });
  expect((await show(third)).queuePosition).toBe(1);
  await page.call('runs.cancel', { id: first });
  await becomes(first, 'cancelled');
  await becomes(third, 'done');
  expect((await show(second)).status).toBe('paused');
});

it('stopped while it tunes, keeps the best so far, compares it and says so', async () => {
  const id = await start(ENDLESS);
  await expect(page.call('runs.stop', { id })).rejects.toMatchObject({
    data: { report: { code: 'RUN_STATUS' } },
  });
  await reaches(id, 'tune:bank@0');
  await page.call('runs.stop', { id });
  await becomes(id, 'done');
  const { stages, outcome } = await show(id);
  const remarkOf = (stage: string) => stages.find(({ name }) => name === stage)?.remark;
  expect(remarkOf('tune:bank@0')).toMatch(
    /^stopped early at step \d+ of 1000000 of prompt 1 of 2$/,
  );
  expect(remarkOf('tune:lora@0')).toMatch(/^not tuned/);
  expect(remarkOf('evaluate:lora@0')).toMatch(/left out/);
  const { arms, stoppedEarly, verdict } = outcome!.results;
  expect(arms.map(({ arm }) => arm.label)).toEqual([
    'original',
    'compressed',
    '+ best prompt (stopped early)',
    '+ IDP bank (stopped early)',
  ]);
  expect(Object.keys(stoppedEarly!)).toEqual(['bank@0', 'single@0', 'lora@0']);
  expect(verdict).toMatch(/^Tuning was stopped early\. /);
});

it('an interrupted run can be stopped too: it compares what its last checkpoint holds', async () => {
  const id = await start(ENDLESS);
  await reaches(id, 'tune:bank@0');
  await page.call('runs.pause', { id });
  await becomes(id, 'paused');
  await page.call('runs.stop', { id });
  await becomes(id, 'done');
  expect((await show(id)).outcome?.results.stoppedEarly).toMatchObject({
    'bank@0': expect.stringMatching(/^stopped early at step/),
  });
});

it('discards what a cancelled run had made, and can begin it anew', async () => {
  const id = await start(ENDLESS);
  const folder = join(home, 'runs', id, 'compressed');
  await reaches(id, 'tune:bank@0');
  expect(existsSync(folder)).toBe(true);
  await page.call('runs.cancel', { id });
  await becomes(id, 'cancelled');
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), 5000);
  await page.call('runs.resume', { id });
  await reaches(id, 'tune:bank@0');
  await page.call('runs.cancel', { id });
  await becomes(id, 'cancelled');
});

it('takes up after a restart of the program: cut off runs are interrupted', async () => {
  const id = await start(ENDLESS);
  await reaches(id, 'tune:bank@0');
  await page.close();
  await host.close();
  host = await startHost(home);
  page = host.connect();
  expect((await show(id)).status).toBe('interrupted');
  await page.call('runs.resume', { id });
  await reaches(id, 'tune:bank@0');
  await page.call('runs.cancel', { id });
  await becomes(id, 'cancelled');
});

it('fails a run whose model is gone, with what to do', async () => {
  const first = await start(ENDLESS);
  const id = await start();
  await becomes(first, 'running');
  rmSync(join(model, 'config.json'));
  await page.call('runs.cancel', { id: first });
  await becomes(id, 'failed');
  expect((await show(id)).error).toMatchObject({
    code: 'CHECKPOINT_MISSING',
    next: expect.stringMatching(/./),
  });
});

it('refuses a run that cannot start', async () => {
  const recipe = smallRecipe(join(home, 'nowhere'));
  await expect(page.call('runs.start', { recipe })).rejects.toMatchObject({
    data: { report: { code: 'CHECKPOINT_MISSING' } },
  });
  const { compression, ...rest } = smallRecipe(model);
  const unfit = { ...rest, compression: { ...compression, groupSize: 32 } };
  const { refusal } = await page.call('estimate.run', { recipe: unfit });
  expect(refusal).toMatchObject({ code: 'QUANTIZATION_INVALID', field: 'groupSize' });
  await expect(page.call('runs.start', { recipe: unfit })).rejects.toMatchObject({
    data: { report: refusal },
  });
  // A bank by family has a task for every prompt; the small recipe has two.
  const { tuning, ...others } = smallRecipe(model);
  const wide = { ...others, tuning: { ...tuning, bank: { ...tuning.bank, count: 3 } } };
  await expect(page.call('runs.start', { recipe: wide })).rejects.toMatchObject({
    data: { report: { code: 'RECIPE_INVALID', field: 'tuning.bank.count' } },
  });
  expect(await page.call('runs.list', {})).toEqual([]);
  const presets = await page.call('presets.list', { model });
  expect(presets.map(({ estimate }) => estimate.refusal)).toEqual([null, null, null]);
});

it('counts the analysis in the time that a run will take', async () => {
  const recipe = smallRecipe(model);
  const timeOf = async (analysis: Recipe['analysis']) =>
    (await page.call('estimate.run', { recipe: { ...recipe, analysis } })).time;
  const plain = await timeOf(null);
  const similarity = { inputs: 4 };
  const some = await timeOf({ displaced: false, similarity, restore: null });
  const all = await timeOf({ displaced: true, similarity, restore: { itemsPerTask: 2 } });
  expect(plain.items.map(({ name }) => name)).toEqual(['compress', 'tune', 'compare']);
  expect(all.items.map(({ name }) => name)).toEqual(['compress', 'tune', 'compare', 'analyse']);
  expect(some.seconds).toBeGreaterThan(plain.seconds);
  expect(all.seconds).toBeGreaterThan(some.seconds);
});

describe('a run that is over', () => {
  it('can be named, tagged, noted, binned and brought back', async () => {
    const id = await start();
    await becomes(id, 'done');
    await page.call('runs.rename', { id, name: 'First' });
    await page.call('runs.tag', { id, tags: ['a', 'b', 'a'] });
    expect(await page.call('runs.notes', { id, notes: 'n' })).toMatchObject({
      name: 'First',
      tags: ['a', 'b'],
      notes: 'n',
    });
    await page.call('runs.delete', { id });
    expect(await page.call('runs.list', {})).toEqual([]);
    expect(await page.call('runs.list', { deleted: true })).toMatchObject([{ id, name: 'First' }]);
    await page.call('runs.restore', { id });
    expect(await page.call('runs.list', {})).toMatchObject([{ id }]);
    const again = await page.call('runs.duplicate', { id });
    expect(again).toEqual({ recipe: smallRecipe(model), name: 'First again' });
    await expect(page.call('runs.pause', { id })).rejects.toMatchObject({
      data: { report: { code: 'RUN_STATUS' } },
    });
  });

  it('is exported as a table that no spreadsheet runs', async () => {
    const id = await start();
    await page.call('runs.rename', { id, name: '=1+1,"x"' });
    await becomes(id, 'done');
    const { text } = await page.call('runs.export', { ids: [id], format: 'csv' });
    const [header, ...rows] = text.trim().split('\n');
    expect(header).toMatch(/^run,name,status/);
    expect(rows).toHaveLength(5);
    expect(rows[0]).toContain(`"'=1+1,""x"""`);
    const { text: html } = await page.call('runs.report', { ids: [id] });
    expect(html).toContain('=1+1,&quot;x&quot;');
  });
});

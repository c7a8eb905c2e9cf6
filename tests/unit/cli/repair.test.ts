import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { PRESETS } from '../../../src/shared/presets.ts';
import type { Recipe } from '../../../src/shared/recipe.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { type Finished, kintsugi } from './command-line.ts';
import { writeTinyModel } from './tiny-model.ts';

const { quick } = PRESETS;

/** Every stage does real work, in a second or two. */
const tiny = (model: string): Recipe => ({
  ...quick,
  model,
  compression: {
    ...quick.compression,
    groupSize: 16,
    calibration: { source: 'starter', samples: 4, length: 64 },
  },
  tuning: {
    ...quick.tuning,
    tokens: 4,
    steps: 30,
    batch: 4,
    warmup: 2,
    bank: { by: 'family', count: 2, warmStart: 2, joint: false, routing: 0 },
    lora: { ...quick.tuning.lora, rank: 2, steps: 20 },
    furtherLoras: [{ ...quick.tuning.lora, rank: 3, steps: 10 }],
    prefix: { tokens: 3, learningRate: 0.01, steps: 5 },
    together: { learningRate: 0.01, steps: 5 },
  },
  evaluation: { tasks: ['animals', 'words'], itemsPerTask: 8, textTokens: 200, bootstrap: 200 },
  seed: 11,
  threads: 1,
});

let folder = '';
let recipe = '';
let whole: Finished;

beforeAll(async () => {
  folder = temporaryFolder();
  await writeTinyModel(join(folder, 'model'));
  recipe = join(folder, 'recipe.json');
  writeFileSync(recipe, JSON.stringify(tiny(join(folder, 'model'))));
  whole = await kintsugi(join(folder, 'whole'), ['repair', '--recipe', recipe, '--json']);
}, 120_000);

/** What must repeat exactly: the results and every answer's place in them, without times. */
const resultsOf = ({ stdout }: Finished) => JSON.parse(stdout).results;

test('a repair compares all arms and stores the run', async () => {
  expect(whole.code).toBe(0);
  const { id, status, modelHash, results, timings } = JSON.parse(whole.stdout);
  expect(status).toBe('done');
  expect(modelHash).toMatch(/^[0-9a-f]{64}$/);
  expect(results.arms.map(({ arm }: { arm: { id: string } }) => arm.id)).toEqual([
    'original',
    'compressed',
    'prompt',
    'idp',
    'prefix',
    'lora',
    'lora-3',
    'bank-lora',
  ]);
  const [bank, prefix, lora, wider, both] = results.arms.slice(3);
  expect(wider.arm.label).toBe('+ LoRA of rank 3');
  expect(wider.extraParameters / lora.extraParameters).toBe(3 / 2);
  expect(both.extraParameters).toBe(bank.extraParameters + lora.extraParameters);
  // Three tokens of keys and values of 32 numbers in each of two blocks.
  expect(prefix.extraParameters).toBe(3 * 2 * 2 * 32);
  for (const { mean, tasks, perplexity } of results.arms) {
    expect(Object.keys(tasks)).toEqual(['animals', 'words']);
    expect(mean.count).toBe(16);
    expect(perplexity).toBeGreaterThan(1);
  }
  expect(results.verdict).not.toBe('');
  expect(timings.millisecondsPerInput.idp).toBeGreaterThan(0);
  const names = results.selectors.slice(3).map(({ name }: { name: string }) => name);
  expect(names.slice(0, 2)).toEqual(['IDP, block 0', 'best prompt on validation']);
  expect(Object.keys(timings.millisecondsPerSelector)).toEqual(names);
  for (const name of names) expect(timings.millisecondsPerSelector[name]).toBeGreaterThan(0);

  const home = join(folder, 'whole');
  expect(existsSync(join(home, 'runs', id, 'scratch', 'compress'))).toBe(false);
  const shown = await kintsugi(home, ['runs', 'show', id]);
  expect(shown.stdout).toContain('recovery');
  const listed = await kintsugi(home, ['runs', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject([
    { id, status: 'done', seed: 11, name: 'model, GPTQ 2-bit' },
  ]);
  expect(results.taskTitles).toEqual({ animals: 'Animals', words: 'Words' });
});

test('the same seed gives the same numbers, another seed others', async () => {
  const again = await kintsugi(join(folder, 'again'), ['repair', '--recipe', recipe, '--json']);
  expect(resultsOf(again)).toEqual(resultsOf(whole));
  const other = await kintsugi(join(folder, 'other'), [
    ...['repair', '--recipe', recipe, '--json', '--seed', '12', '--name', 'Other seed'],
  ]);
  expect(JSON.parse(other.stdout).name).toBe('Other seed');
  expect(resultsOf(other)).not.toEqual(resultsOf(whole));
}, 120_000);

test('a run can be tuned on plain text, shared out by likeness', async () => {
  const wanted = tiny(join(folder, 'model'));
  const bank = { ...wanted.tuning.bank, by: 'clusters' as const };
  const onText = { ...wanted, tuning: { ...wanted.tuning, data: { source: 'starter' }, bank } };
  const file = join(folder, 'on-text.json');
  writeFileSync(file, JSON.stringify(onText));
  const { code, stdout } = await kintsugi(join(folder, 'text'), [
    'repair',
    '--recipe',
    file,
    '--json',
  ]);
  expect(code).toBe(0);
  const { results } = JSON.parse(stdout);
  expect(results.arms.map(({ arm }: { arm: { id: string } }) => arm.id)).toContain('idp');
  expect(results.arms).not.toEqual(resultsOf(whole).arms);
}, 120_000);

// A stage may be over before it has told its share: the kill comes when the stage before is done.
test.each([
  ['compress', 'prepare'],
  ['tune:bank@11', 'ask'],
  ['evaluate:idp@11', 'evaluate:prompt@11'],
])(
  'killed in %s, a run is resumed to the numbers of an uninterrupted one',
  async (stage, before) => {
    const home = join(folder, `killed ${stage.replaceAll(/\W/g, '-')}`);
    const killed = await kintsugi(home, ['repair', '--recipe', recipe], (stderr, child) => {
      if (stderr.includes(`done  ${before} `)) child.kill('SIGKILL');
    });
    expect(killed.signal).toBe('SIGKILL');
    const listed = await kintsugi(home, ['runs', 'list', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ status: 'interrupted' }]);

    const resumed = await kintsugi(home, ['runs', 'resume', '--json']);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain('kept  prepare');
    expect(JSON.parse(resumed.stdout).status).toBe('done');
    expect(resultsOf(resumed)).toEqual(resultsOf(whole));
  },
  120_000,
);

test('Ctrl-C stops at the next step with exit code 130, and the run goes on later', async () => {
  const home = join(folder, 'stopped');
  let sent = false;
  const stopped = await kintsugi(home, ['repair', '--recipe', recipe], (stderr, child) => {
    if (sent || !/^tune:single@11: /m.test(stderr)) return;
    sent = true;
    child.kill('SIGINT');
  });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('CANCELLED');
  const listed = await kintsugi(home, ['runs', 'list', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject([{ status: 'paused' }]);
  const resumed = await kintsugi(home, ['runs', 'resume', '--json']);
  expect(resumed.stderr).toContain('kept  tune:bank@11');
  expect(resultsOf(resumed)).toEqual(resultsOf(whole));
}, 120_000);

test('a run is deleted with its folder', async () => {
  const home = join(folder, 'whole');
  const { id } = JSON.parse(whole.stdout);
  expect((await kintsugi(home, ['runs', 'delete', id])).code).toBe(0);
  expect(readdirSync(join(home, 'runs'))).toEqual([]);
  const listed = await kintsugi(home, ['runs', 'list', '--json']);
  expect(JSON.parse(listed.stdout)).toEqual([]);
});

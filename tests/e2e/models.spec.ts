import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { type FakeHub, type FakeRepository, startFakeHub } from '../support/fake-hub.ts';
import { smallRecipe, writeSmallModel } from '../support/small-model.ts';
import { test as base, expect, expectAccessible, goTo, watchFaults } from './fixtures.ts';
import { type HostProcess, startHost, temporaryHome } from './host.ts';

interface WithHub {
  readonly hub: FakeHub;
  readonly host: HostProcess;
}

const page = (number: number) =>
  `${JSON.stringify({ text: `A cat sits on mat ${number} and looks at the moon.` })}\n`;
const pages = Array.from({ length: 200 }, (_, number) => page(number)).join('');
const LLAMA = { architectures: ['LlamaForCausalLM'] };

function repositories(folder: string): FakeRepository[] {
  const files = Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]),
  );
  const small = { files, config: LLAMA, parameters: 146_592, downloads: 4200 };
  const bert = { 'config.json': '{"architectures":["BertModel"]}', 'model.safetensors': 'x' };
  return [
    { ...small, id: 'tiny/llama' },
    { ...small, id: 'tiny/gated', access: 'gated', licence: 'llama3.2' },
    { ...small, id: 'tiny/bert', files: bert, config: { architectures: ['BertModel'] } },
    { id: 'tiny/pickled', files: { 'config.json': '{}', 'pytorch_model.bin': 'x' }, config: LLAMA },
    {
      id: 'tiny/questions',
      kind: 'dataset',
      files: { 'train.jsonl': '{"question":"Where is Paris?","answer":"France"}\n' },
    },
    {
      id: 'tiny/pages',
      kind: 'dataset',
      // As wikitext: rows without text, and more rows than are shown.
      files: { 'en/pages-train.json.gz': gzipSync(`{"text":""}\n${pages}`) },
    },
    { id: 'tiny/closed', kind: 'dataset', access: 'gated', files: { 'train.jsonl': page(0) } },
  ];
}

/** A host whose hub is the fake one. */
const test = base.extend<object, { readonly world: WithHub }>({
  world: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern
    async ({}, use) => {
      const { home, remove } = temporaryHome();
      const hub = await startFakeHub(repositories(await writeSmallModel(join(home, 'mine'))));
      const host = await startHost(home, { HF_ENDPOINT: hub.endpoint });
      try {
        await use({ hub, host });
      } finally {
        await host.stop();
        await hub.close();
        remove();
      }
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});
test.describe.configure({ mode: 'serial' });

async function open(page: Page, { host }: WithHub, ...parts: string[]): Promise<string[]> {
  const faults = watchFaults(page);
  await page.goto(host.url);
  await goTo(page, ...parts);
  return faults;
}

/** What is listed above the search moves it when it comes. */
const starterListed = (page: Page) =>
  expect(page.getByRole('radio', { name: /^Starter model/ })).toBeVisible();

async function find(page: Page, name: string): Promise<void> {
  await page.getByRole('textbox', { name: /^Search the hub/ }).fill(name);
  await page.getByRole('button', { name: new RegExp(name) }).click();
}

test('a model is searched for, downloaded with a pause, chosen, and repaired', async ({
  page,
  world,
}) => {
  test.setTimeout(180_000);
  const faults = await open(page, world, 'new', 'model');
  await starterListed(page);
  await find(page, 'tiny/llama');
  await expect(page.getByText('LlamaForCausalLM').first()).toBeVisible();
  await expect(page.getByText('Memory for a quick repair')).toBeVisible();
  await page.getByText('Memory for a quick repair').locator('..').locator('summary').click();
  await expect(page.getByText('free here').first()).toBeVisible();
  world.hub.faults.speed = 60_000;
  await page.getByRole('button', { name: /^Download / }).click();
  await expect(page.getByText(/of 718\.\d kB · .*\/s/)).toBeVisible();
  await page.getByRole('button', { name: 'Pause tiny/llama' }).click();
  await expect(page.locator('.badge', { hasText: 'Paused' })).toBeVisible();
  // It stands still, and a reload finds it again.
  await page.reload();
  await starterListed(page);
  await find(page, 'tiny/llama');
  world.hub.seen.length = 0;
  delete world.hub.faults.speed;
  await page.getByRole('button', { name: 'Resume tiny/llama' }).click();
  // It is listed above the button, which moves.
  const listed = page.getByRole('radio', { name: /^tiny\/llama/ });
  await expect(listed).toBeVisible();
  await page.getByRole('button', { name: 'Use tiny/llama' }).click();
  await expect(listed).toBeChecked();
  expect(world.hub.seen.some(({ range }) => range?.startsWith('bytes='))).toBe(true);
  expect(faults).toEqual([]);

  const { client } = world.host;
  const { models } = await client.call('library.list', {});
  const { model } = models.find(({ name }) => name === 'tiny/llama')!;
  const { id } = await client.call('runs.start', { recipe: smallRecipe(model) });
  await expect(async () => {
    const { status, error } = await client.call('runs.show', { id });
    expect({ status, error }).toEqual({ status: 'done', error: null });
  }).toPass({ timeout: 120_000, intervals: [500] });
});

test('what cannot be used says why before the click', async ({ page, world }) => {
  await open(page, world, 'models');
  await find(page, 'tiny/gated');
  const gated = page.getByRole('alert').filter({ hasText: 'HUB_GATED' });
  await expect(gated).toContainText('accept the terms');
  await expect(page.getByText('after accepting its authors’ terms')).toBeVisible();
  await find(page, 'tiny/bert');
  await expect(page.getByText('not supported').first()).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('UNSUPPORTED_ARCHITECTURE');
  await expect(page.getByRole('button', { name: /^Download / })).toHaveCount(0);
  await find(page, 'tiny/pickled');
  await expect(page.getByRole('alert')).toContainText('convert to safetensors');
  await expect(page.getByText('nothing usable')).toBeVisible();
  await expect(page.getByText('fits', { exact: true })).toHaveCount(0);
  await expectAccessible(page);
});

test('models leave the library for the bin, and come back', async ({ page, world }) => {
  await open(page, world, 'models');
  const row = page.getByRole('row', { name: /tiny\/llama/ });
  await expect(row).toContainText('718');
  await page.getByRole('button', { name: 'Remove tiny/llama' }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toBeVisible();
  await page.getByRole('button', { name: 'Remove tiny/llama' }).click();
  await page.getByText('Bin', { exact: true }).click();
  await page.getByRole('button', { name: 'Delete tiny/llama for good' }).click();
  await expect(page.getByText('The bin is empty')).toBeVisible();
});

test('a folder of one’s own says what it holds', async ({ page, world }) => {
  await open(page, world, 'models');
  const folder = page.getByRole('textbox', { name: 'Folder' });
  await folder.fill(join(world.host.home, 'huggingface'));
  await page.getByRole('button', { name: 'Check and add' }).click();
  await expect(page.getByRole('alert').first()).toContainText('CHECKPOINT_MISSING');
  await folder.fill(join(world.host.home, 'mine'));
  await page.getByRole('button', { name: 'Check and add' }).click();
  await expect(page.getByText('mine is in order.')).toBeVisible();
  await expect(page.getByText('BPE, 4,096 tokens')).toBeVisible();
  await expect(page.getByRole('row', { name: /mine/ })).toContainText('Ready');
});

test('questions come from a dataset of the hub', async ({ page, world }) => {
  await open(page, world, 'new', 'compare');
  await page.getByRole('button', { name: 'find a dataset on the hub' }).click();
  await find(page, 'tiny/questions');
  await page.getByRole('button', { name: 'Download train.jsonl' }).click();
  await page.getByRole('button', { name: 'Use train.jsonl' }).click();
  await expect(page.getByText('Where is Paris?')).toBeVisible();
});

test('text comes from a dataset of the hub, to calibrate and to tune on', async ({
  page,
  world,
}) => {
  const faults = await open(page, world, 'new', 'compare');
  await page.getByRole('button', { name: 'find a dataset on the hub' }).click();
  await find(page, 'tiny/closed');
  await page.getByRole('button', { name: 'Download train.jsonl' }).click();
  await expect(page.getByText(/accept the terms/)).toBeVisible();
  await find(page, 'tiny/pages');
  await page.getByRole('button', { name: 'Download en/pages-train.json.gz' }).click();
  await page.getByRole('button', { name: 'Use en/pages-train.json.gz' }).click();
  const own = page.getByRole('region', { name: 'Data of your own' });
  await expect(own.getByRole('cell', { name: /A cat sits/ }).first()).toBeVisible();
  await expect(own.getByRole('alert')).toHaveCount(0);
  await own.getByRole('button', { name: 'Calibrate the compression with it' }).click();
  await own.getByRole('button', { name: 'Tune on it' }).click();
  await expect(own.getByText('in use')).toBeVisible();
  await expectAccessible(page);
  const stored = await page.evaluate(() => sessionStorage.getItem('kintsugi-draft'));
  const { recipe } = JSON.parse(stored!);
  expect(recipe.compression.calibration.source).toMatch(/en\/pages-train\.json\.gz$/);
  expect(recipe.tuning.data.source).toBe(recipe.compression.calibration.source);
  expect(faults).toEqual([]);

  const { client } = world.host;
  const small = smallRecipe(await writeSmallModel(join(world.host.home, 'mine')));
  const tuning = { ...small.tuning, data: recipe.tuning.data, steps: 2 };
  const tuned = { ...tuning, bank: { ...tuning.bank, by: 'clusters' as const } };
  const { calibration } = recipe.compression;
  const compression = {
    ...small.compression,
    calibration: { ...calibration, samples: 2, length: 16 },
  };
  const { id } = await client.call('runs.start', {
    recipe: { ...small, compression, tuning: tuned },
  });
  await expect(async () => {
    const { status, error } = await client.call('runs.show', { id });
    expect({ status, error }).toEqual({ status: 'done', error: null });
  }).toPass({ timeout: 60_000, intervals: [500] });
  // What is not here is said beside what the run would cost, not an hour into it.
  const absent = {
    ...compression,
    calibration: { ...compression.calibration, source: 'hub:tiny/none' },
  };
  const { refusal } = await client.call('estimate.run', {
    recipe: { ...small, compression: absent },
  });
  expect(refusal).toMatchObject({
    code: 'DATA_INVALID',
    next: expect.stringMatching(/Download it/),
  });
});

test('offline, the hub is not asked', async ({ page, world }) => {
  const { home, remove } = temporaryHome();
  const host = await startHost(home, { HF_ENDPOINT: world.hub.endpoint, HF_HUB_OFFLINE: '1' });
  world.hub.seen.length = 0;
  await open(page, { ...world, host }, 'models');
  await expect(page.getByText('Offline mode is on')).toBeVisible();
  await expect(page.getByRole('row', { name: /Starter model/ })).toBeVisible();
  expect(world.hub.seen).toEqual([]);
  await host.stop();
  remove();
});

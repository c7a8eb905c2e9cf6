import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FakeHub, startFakeHub } from '../../support/fake-hub.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { kintsugi } from './command-line.ts';
import { writeTinyModel } from './tiny-model.ts';

const rows = (count: number, row: (i: number) => object) =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify(row(i))}\n`).join('');
const text = rows(80, (i) => ({
  text: `The cat number ${i} sits on the mat and looks at the moon.`,
}));
const blank = rows(5, () => ({ text: ' ' }));
const numbers = rows(5, (i) => ({ n: i }));

let home = '';
let hub: FakeHub;
const at = (name: string) => join(home, name);

beforeAll(async () => {
  home = temporaryFolder();
  await writeTinyModel(at('model'));
  hub = await startFakeHub(
    Object.entries({
      pages: { 'data/train.jsonl': text, 'data/test.jsonl': text },
      swept: { 'train.jsonl': `${text}${text}` },
      repaired: { 'train.jsonl': `${text}\n` },
      tuned: { 'train.jsonl': `${text}\n\n` },
      broken: { 'train.jsonl': `${text}\n\n\n` },
      empty: { 'train.jsonl': '' },
      blank: { 'train.jsonl': blank },
      numbers: { 'train.jsonl': numbers },
      unreadable: { 'train.py': 'never' },
      gated: { 'train.jsonl': text },
    }).map(([name, files]) => ({
      kind: 'dataset' as const,
      id: `org/${name}`,
      files,
      ...(name === 'gated' && { access: 'gated' as const }),
    })),
  );
  Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_HOME: at('cache') });
});
beforeEach(() => {
  hub.seen.length = 0;
});
afterAll(() => hub.close());

async function run(...args: string[]) {
  const { code, stdout, stderr } = await kintsugi(home, [...args, '--json']);
  return { code, stderr, document: JSON.parse(stdout) };
}
const cached = (name: string) => existsSync(at(`cache/hub/datasets--org--${name}/refs/main`));

const GRID = ['--bits', '4', '--group-size', '32'];
const compressing = (source: string, out: string) => [
  ...['compress', '--model', at('model'), ...GRID, '--samples', '2', '--length', '16'],
  ...['--calibration', source, '--out', at(out)],
];
const tuning = { steps: 2, batch: 2, warmup: 1, tokens: 2, lora: { rank: 2, steps: 2 } };
const parts = (source: string) => ({
  compression: {
    ...{ method: 'rtn', bits: 4, groupSize: 16 },
    calibration: { source, samples: 2, length: 16 },
  },
  tuning: { ...tuning, data: { source }, bank: { by: 'clusters', count: 2 } },
  evaluation: { tasks: ['animals'], itemsPerTask: 2, textTokens: 0, bootstrap: 100 },
});

test('evaluate --text fetches the split that it measures on', async () => {
  const measured = await run('evaluate', '--model', at('model'), '--text', 'hub:org/pages:test');
  expect(measured.document.perplexity).toBeGreaterThan(1);
  const [commit = ''] = readdirSync(at('cache/hub/datasets--org--pages/snapshots'));
  const data = at(`cache/hub/datasets--org--pages/snapshots/${commit}/data`);
  expect(readdirSync(data)).toEqual(['test.jsonl']);
});

test('tune --data goes on where the connection broke', async () => {
  Object.assign(hub.faults, { dropAfter: 1000, drops: 1 });
  const { steps, batch, tokens } = tuning;
  const numbers = ['--steps', `${steps}`, '--batch', `${batch}`, '--tokens', `${tokens}`];
  const args = ['tune', '--model', at('model'), '--data', 'hub:org/tuned', ...numbers];
  const tuned = await run(...args, '--out', at('tuned'));
  hub.faults.drops = 0;
  expect(tuned).toMatchObject({ code: 0, stderr: expect.stringContaining('download train.jsonl') });
  expect(hub.seen.map(({ range }) => range)).toContain('bytes=1000-');
});

test('repair fetches what its recipe calibrates and tunes on', async () => {
  const printed = await run('repair', '--print-recipe');
  const recipe = { ...printed.document, model: at('model') };
  const { compression, tuning: own, evaluation } = parts('hub:org/repaired');
  const file = at('recipe.json');
  writeFileSync(
    file,
    JSON.stringify({
      ...recipe,
      compression: { ...recipe.compression, ...compression, bits: 4, method: 'gptq' },
      tuning: { ...recipe.tuning, ...own, lora: { ...recipe.tuning.lora, ...own.lora } },
      evaluation,
    }),
  );
  expect(await run('repair', '--recipe', file)).toMatchObject({ code: 0 });
  expect(cached('repaired')).toBe(true);
});

test('sweep fetches what its runs calibrate and tune on', async () => {
  const { compression, tuning: own, evaluation } = parts('hub:org/swept');
  const vary = {
    model: [at('model')],
    compression: [compression],
    tuning: [own],
    evaluation: [evaluation],
  };
  writeFileSync(at('sweep.json'), JSON.stringify({ version: 1, name: 'S', base: 'quick', vary }));
  expect(await run('sweep', at('sweep.json'))).toMatchObject({ code: 0 });
  expect(cached('swept')).toBe(true);
});

test.each([
  ['gated', 'HUB_GATED', /accept the terms/],
  ['none', 'HUB_UNAUTHORIZED', /spelling/],
  ['pages:validation', 'DATA_INVALID', /Its files: data\/train\.jsonl, data\/test\.jsonl/],
  ['unreadable', 'HUB_NOT_FOUND', /\.parquet/],
  ['empty', 'DATA_INVALID', /longer text/],
  ['blank', 'DATA_INVALID', /longer text/],
  ['numbers', 'DATA_INVALID', /"text"/],
  ['../../etc', 'ARGUMENT_INVALID', /organisation\/name/],
])('hub:org/%s is refused with %s, and nothing is written', async (name, code, next) => {
  const { document, ...finished } = await run(...compressing(`hub:org/${name}`, 'out'));
  expect(finished.code).toBe(2);
  expect(document.error).toMatchObject({ code, next: expect.stringMatching(next) });
  expect(existsSync(at('out'))).toBe(false);
});

test('what cannot be fetched is told apart: no network, a hub of faults, offline', async () => {
  hub.faults.status = 429;
  hub.faults.retryAfter = '7';
  const busy = await run(...compressing('hub:org/broken', 'out'));
  Object.assign(hub.faults, { status: undefined, retryAfter: undefined });
  process.env['HF_HUB_OFFLINE'] = '1';
  hub.seen.length = 0;
  const offline = await run(...compressing('hub:org/broken', 'out'));
  process.env['HF_HUB_OFFLINE'] = '0';
  expect(hub.seen).toEqual([]);
  process.env['HF_ENDPOINT'] = 'http://127.0.0.1:9';
  const gone = await run(...compressing('hub:org/broken', 'out'));
  process.env['HF_ENDPOINT'] = hub.endpoint;
  expect([busy, offline, gone].map(({ document }) => document.error.code)).toEqual([
    'HUB_RATE_LIMITED',
    'HUB_OFFLINE',
    'HUB_UNREACHABLE',
  ]);
});

test.each(['compress', 'tune', 'evaluate', 'repair', 'sweep'])(
  '%s --help says that hub datasets are downloaded',
  async (command) => {
    const { stdout } = await kintsugi(home, [command, '--help']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/hub:.*download|download.*hub:/);
  },
);

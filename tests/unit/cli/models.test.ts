import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeHub, startFakeHub } from '../../support/fake-hub.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { kintsugi } from './command-line.ts';
import { writeTinyModel } from './tiny-model.ts';

let home = '';
let hub: FakeHub;
const at = (name: string) => join(home, name);
const CACHED = 'cache/hub/models--org--tiny';

/** Two languages and splits of C4, named and packed as on the hub. */
function c4(): Record<string, Buffer> {
  const row = (text: string) => `${JSON.stringify({ text, timestamp: '2019', url: 'x' })}\n`;
  const packed = (text: string) => gzipSync(row(text).repeat(20));
  return {
    'en/c4-train.00000-of-01024.json.gz': packed('A cat sits on the mat and looks at the moon.'),
    'en/c4-train.00001-of-01024.json.gz': packed('More than calibration needs.'),
    'en/c4-validation.00000-of-00008.json.gz': packed('The held-out dog runs after the ball.'),
    'realnewslike/c4-train.00000-of-00512.json.gz': packed('News.'),
  };
}

beforeAll(async () => {
  home = temporaryFolder();
  await writeTinyModel(at('mine'));
  const files = Object.fromEntries(
    readdirSync(at('mine')).map((name) => [name, readFileSync(join(at('mine'), name))]),
  );
  const config = { architectures: ['LlamaForCausalLM'] };
  hub = await startFakeHub([
    { id: 'org/tiny', files, config, parameters: 150_000, downloads: 12 },
    { id: 'org/gated', files, config, access: 'gated' },
    { id: 'org/old', files: { 'config.json': '{}', 'pytorch_model.bin': 'x' } },
    { id: 'allenai/c4', kind: 'dataset', files: c4() },
    { id: 'org/rows', kind: 'dataset', files: { 'a.txt': 'x', 'b.jsonl': '{}' } },
  ]);
  Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_HOME: at('cache') });
});
afterAll(() => hub.close());

async function run(...args: string[]) {
  const { code, stdout, stderr } = await kintsugi(home, [...args, '--json']);
  return { code, stderr, document: JSON.parse(stdout) };
}

test('search lists what the hub has, and whether it runs here', async () => {
  const { document } = await run('models', 'search', 'org');
  expect(
    document.map(({ id, supported, safetensors }: Record<string, unknown>) => [
      id,
      supported,
      safetensors,
    ]),
  ).toEqual([
    ['org/tiny', true, true],
    ['org/gated', true, true],
    ['org/old', null, false],
  ]);
  const data = await run('models', 'search', 'rows', '--dataset');
  expect(data.document).toMatchObject([{ id: 'org/rows', licence: 'apache-2.0' }]);
});

test('a model is downloaded on its first use, listed, used offline, and removed', async () => {
  const generate = ['generate', '--model', 'org/tiny', '--prompt', 'a', '--max-tokens', '2'];
  const first = await run(...generate);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/download org\/tiny: 100%/);
  hub.seen.length = 0;
  const second = await run(...generate);
  expect(second.document).toEqual(first.document);
  expect(hub.seen).toEqual([]);
  const { document } = await run('models', 'list');
  expect(document.models).toMatchObject([
    { kind: 'starter' },
    { name: 'org/tiny', kind: 'hub', report: { supported: true, problems: [] } },
  ]);
  expect(await run('models', 'remove', 'org/tiny')).toMatchObject({ code: 0 });
  expect(existsSync(at(CACHED))).toBe(false);
  expect((await run('models', 'remove', 'org/tiny')).document.error.code).toBe('MODEL_NOT_FOUND');
});

test('the starter cannot be removed', async () => {
  expect((await run('models', 'remove', 'starter')).document.error).toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: expect.stringMatching(/comes with the program/),
  });
});

test.each([
  ['org/gated', 'HUB_GATED'],
  ['org/none', 'HUB_UNAUTHORIZED'],
  ['org/old', 'UNSAFE_FORMAT'],
  ['not-a-name', 'ARGUMENT_INVALID'],
])('download %s is refused with %s', async (id, code) => {
  const refused = await run('models', 'download', id);
  expect(refused.code).toBe(2);
  expect(refused.document.error).toMatchObject({ code, next: expect.stringMatching(/\w/) });
});

test('import says what a folder holds, and refuses one that is not in order', async () => {
  const { document } = await run('models', 'import', at('mine'));
  expect(document).toMatchObject({
    kind: 'folder',
    report: {
      architecture: 'LlamaForCausalLM',
      dtypes: ['F32'],
      layers: 2,
      tokenizer: 'BPE, 4,096 tokens',
      chatTemplate: false,
      quantization: null,
      problems: [],
    },
  });
  await writeTinyModel(at('broken'), { num_hidden_layers: 3 });
  const refused = await run('models', 'import', at('broken'));
  expect(refused.document.error).toMatchObject({ code: 'CHECKPOINT_INVALID' });
  writeFileSync(join(at('broken'), 'tokenizer.json'), '{');
  expect((await run('models', 'import', at('broken'))).document.error.code).toBe(
    'TOKENIZER_INVALID',
  );
  expect((await run('models', 'list')).document.models).toHaveLength(2);
  await run('models', 'remove', at('mine'));
  expect(existsSync(at('mine/model.safetensors'))).toBe(true);
  expect((await run('models', 'list')).document.models).toHaveLength(1);
});

test('a dataset’s chosen file is downloaded', async () => {
  const { document } = await run(
    'models',
    'download',
    'org/rows',
    '--dataset',
    '--file',
    'b.jsonl',
  );
  expect(readdirSync(document.folder)).toEqual(['b.jsonl']);
});

test('C4 as the hub packs it: a first file to calibrate on comes by itself, others by name', async () => {
  const compressing = ['compress', '--model', at('mine'), '--bits', '4', '--group-size', '32'];
  const calibrating = ['--samples', '2', '--length', '16', '--calibration'];
  const train = [...compressing, ...calibrating, 'hub:allenai/c4:en:train', '--out'];
  const first = await run(...train, at('small'));
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(
    /done {2}download en\/c4-train.00000-of-01024.json.gz of allenai\/c4/,
  );
  const cached = at('cache/hub/datasets--allenai--c4/snapshots');
  const [commit = ''] = readdirSync(cached);
  expect(readdirSync(join(cached, commit, 'en'))).toEqual(['c4-train.00000-of-01024.json.gz']);
  process.env['HF_HUB_OFFLINE'] = '1';
  expect(await run(...train, at('again'))).toMatchObject({ code: 0 });
  const other = [...compressing, ...calibrating, 'hub:allenai/c4:realnewslike:train'];
  const refused = await run(...other, '--out', at('other'));
  delete process.env['HF_HUB_OFFLINE'];
  expect(refused.document.error.code).toBe('HUB_OFFLINE');
  const download = ['models', 'download', 'allenai/c4', '--dataset', '--file'];
  const validation = 'en/c4-validation.00000-of-00008.json.gz';
  expect((await run(...download, validation)).code).toBe(0);
  const measuring = ['evaluate', '--model', at('small'), '--text'];
  const measured = await run(...measuring, 'hub:allenai/c4:en:validation');
  expect(measured.document.perplexity).toBeGreaterThan(1);
});

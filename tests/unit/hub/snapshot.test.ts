import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findSnapshot, linkBlob } from '../../../src/main/hub/cache.ts';
import { openHub } from '../../../src/main/hub/hub.ts';
import type { PlannedFile } from '../../../src/main/hub/plan.ts';
import { readSmallFile } from '../../../src/main/hub/read-file.ts';
import { parseRepository } from '../../../src/main/hub/repository.ts';
import {
  discardSnapshot,
  fetchSnapshot,
  planBytes,
  planSnapshot,
} from '../../../src/main/hub/snapshot.ts';
import {
  commitOf,
  type FakeHub,
  type FakeRepository,
  GOOD_TOKEN,
  STRANGER_TOKEN,
  startFakeHub,
} from '../../support/fake-hub.ts';
import { temporaryFolder } from '../db/temporary.ts';

const WEIGHTS = Buffer.alloc(200_000, 7);
const MODEL: FakeRepository = {
  id: 'org/model',
  files: {
    'config.json': '{"architectures":["LlamaForCausalLM"]}',
    'tokenizer.json': '{}',
    'chat_template.jinja': '{{ x }}',
    'generation_config.json': '{}',
    'model.safetensors.index.json': '{"weight_map":{}}',
    'model-00001-of-00002.safetensors': WEIGHTS,
    'model-00002-of-00002.safetensors': Buffer.alloc(1000, 9),
    'consolidated.safetensors': WEIGHTS,
    'model.onnx': 'never',
    'onnx/model.onnx': 'never',
    'pytorch_model.bin': 'never',
    'README.md': '# never',
  },
};
const PICKLED = { id: 'org/pickled', files: { 'config.json': '{}', 'pytorch_model.bin': 'x' } };
const GGUF = { id: 'org/gguf', files: { 'config.json': '{}', 'model.gguf': 'x' } };
const only = (id: string, access: 'private' | 'gated'): FakeRepository => ({
  ...MODEL,
  id,
  access,
});
const DATA: FakeRepository = {
  kind: 'dataset',
  id: 'org/data',
  files: {
    'README.md': 'x',
    'en/train-00000.parquet': Buffer.alloc(3000, 1),
    'en/test.jsonl': '{"text":"a"}\n',
    'script.py': 'never',
  },
};

let fake: FakeHub;
let cache = '';
beforeEach(async () => {
  fake = await startFakeHub([
    MODEL,
    PICKLED,
    GGUF,
    only('org/private', 'private'),
    only('org/gated', 'gated'),
    DATA,
  ]);
  cache = temporaryFolder();
  vi.stubEnv('HF_ENDPOINT', fake.endpoint);
  vi.stubEnv('HF_HUB_CACHE', cache);
  vi.stubEnv('HF_TOKEN_PATH', '/none');
  vi.stubEnv('HF_TOKEN', undefined);
  vi.stubEnv('HF_HUB_OFFLINE', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
});

const hub = openHub();

async function download(id: string, paths?: string[], kind: 'model' | 'dataset' = 'model') {
  const plan = await planSnapshot(hub, parseRepository(id, kind), paths);
  const notices: string[] = [];
  const bytes: number[] = [];
  const folder = await fetchSnapshot(hub, plan, {
    signal: new AbortController().signal,
    onBytes: (count) => bytes.push(count),
    onNotice: (text) => notices.push(text),
    stallMs: fake.faults.stallAfter === undefined ? 10_000 : 300,
    retryMs: 1,
    attempts: 1,
  });
  return { folder, plan, notices, bytes };
}

describe('a model', () => {
  it('is fetched into the shared layout: what running it needs, and nothing else', async () => {
    const { folder, plan, bytes } = await download('org/model');
    expect(readdirSync(folder)).toEqual([
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
    ]);
    const place = join(cache, 'models--org--model');
    expect(folder).toBe(join(place, 'snapshots', commitOf(MODEL)));
    expect(readFileSync(join(place, 'refs', 'main'), 'utf8')).toBe(commitOf(MODEL));
    expect(readdirSync(join(place, 'blobs'))).toHaveLength(6);
    const link = join(folder, 'model-00001-of-00002.safetensors');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(link).equals(WEIGHTS)).toBe(true);
    expect(bytes.at(-1)).toBe(planBytes(plan));
    expect(findSnapshot(cache, parseRepository('org/model'))).toBe(folder);
  });

  it('is not fetched again', async () => {
    await download('org/model');
    fake.seen.length = 0;
    await download('org/model');
    expect(fake.seen.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
  });

  it('that is cut off goes on later, and cannot be found meanwhile', async () => {
    fake.faults.stallAfter = 60_000;
    const plan = await planSnapshot(hub, parseRepository('org/model'));
    await expect(download('org/model')).rejects.toMatchObject({ code: 'HUB_STALLED' });
    delete fake.faults.stallAfter;
    expect(findSnapshot(cache, parseRepository('org/model'))).toBeUndefined();
    await download('org/model');
    expect(fake.seen.some(({ range }) => range !== undefined)).toBe(true);
    expect(findSnapshot(cache, plan.repository)).toBeDefined();
  });

  it('that is given up leaves nothing', async () => {
    fake.faults.stallAfter = 60_000;
    const plan = await planSnapshot(hub, parseRepository('org/model'));
    await expect(download('org/model')).rejects.toMatchObject({ code: 'HUB_STALLED' });
    await discardSnapshot(cache, plan);
    expect(existsSync(join(cache, 'models--org--model'))).toBe(false);
  });

  it('is downloaded by one at a time', async () => {
    fake.faults.speed = 400_000;
    const first = download('org/model');
    await expect.poll(() => fake.seen.some(({ host }) => host === 'files')).toBe(true);
    await expect(download('org/model')).rejects.toMatchObject({ code: 'DOWNLOAD_BUSY' });
    await first;
  });

  it('opens offline without a socket, and only what is here', async () => {
    await download('org/model');
    fake.seen.length = 0;
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const socket = vi.spyOn(globalThis, 'fetch');
    expect(findSnapshot(cache, parseRepository('org/model'))).toBeDefined();
    await expect(download('org/other')).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
    expect(socket).not.toHaveBeenCalled();
    expect(fake.seen).toEqual([]);
    socket.mockRestore();
  });

  it.each([
    ['org/pickled', 'UNSAFE_FORMAT', /not safe; convert to safetensors/i],
    ['org/gguf', 'CHECKPOINT_MISSING', /with safetensors/],
    ['org/none', 'HUB_UNAUTHORIZED', /spelling/],
    ['org/private', 'HUB_UNAUTHORIZED', /token/],
    ['org/gated', 'HUB_GATED', /accept the terms, then give your access token/],
    ['org/model@v9', 'HUB_NOT_FOUND', /spelling/],
  ])('%s is refused: %s', async (id, code, next) => {
    await expect(download(id)).rejects.toMatchObject({ code, next: expect.stringMatching(next) });
    expect(readdirSync(cache).filter((name) => name !== '.locks')).toEqual([]);
  });

  it('needs a token that its authors let in', async () => {
    vi.stubEnv('HF_TOKEN', STRANGER_TOKEN);
    await expect(download('org/gated')).rejects.toMatchObject({
      code: 'HUB_GATED',
      next: expect.stringMatching(/once access is granted/),
    });
    await expect(download('org/none')).rejects.toMatchObject({ code: 'HUB_NOT_FOUND' });
    vi.stubEnv('HF_TOKEN', 'hf_wrong');
    await expect(download('org/model')).rejects.toMatchObject({
      code: 'HUB_UNAUTHORIZED',
      message: expect.stringMatching(/does not accept/),
    });
    vi.stubEnv('HF_TOKEN', GOOD_TOKEN);
    await download('org/gated');
    await download('org/private');
    const outside = fake.seen.filter(({ host }) => host === 'files');
    expect(outside.length).toBeGreaterThan(0);
    expect(outside.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });
});

it.each(['hub.example', 'localhost:8080', 'file:///etc'])(
  'HF_ENDPOINT=%s is no address, and said to be none',
  async (endpoint) => {
    vi.stubEnv('HF_ENDPOINT', endpoint);
    await expect(download('org/model')).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      field: 'HF_ENDPOINT',
      next: expect.stringMatching(/https:/),
    });
  },
);

describe('a dataset', () => {
  it('is fetched by the files that were chosen', async () => {
    const { folder } = await download('org/data', ['en/test.jsonl'], 'dataset');
    expect(folder).toContain(join('datasets--org--data', 'snapshots'));
    expect(readFileSync(join(folder, 'en/test.jsonl'), 'utf8')).toContain('"text"');
    expect(existsSync(join(folder, 'en/train-00000.parquet'))).toBe(false);
    await download('org/data', undefined, 'dataset');
    expect(readdirSync(join(folder, 'en'))).toEqual(['test.jsonl', 'train-00000.parquet']);
  });

  it('has only files that can be read', async () => {
    await expect(download('org/data', ['script.py'], 'dataset')).rejects.toMatchObject({
      code: 'HUB_NOT_FOUND',
    });
  });
});

it('what does not fit on the disk is not begun', async () => {
  const plan = await planSnapshot(hub, parseRepository('org/model'));
  const files = plan.files.map((file) => ({ ...file, size: 1e15 }));
  fake.seen.length = 0;
  const fetching = fetchSnapshot(
    hub,
    { ...plan, files },
    { signal: new AbortController().signal, onBytes: () => {}, onNotice: () => {} },
  );
  await expect(fetching).rejects.toMatchObject({
    code: 'DISK_INSUFFICIENT',
    message: expect.stringMatching(/needs \d+\.\d GB more; \d+\.\d GB are free/),
  });
  expect(fake.seen).toEqual([]);
});

describe('a hub that lies', () => {
  const entry = { type: 'file', path: 'config.json', size: 2, oid: 'a'.repeat(40) };
  const lying = (sha: string, file: object) => ({
    settings: hub.settings,
    access: () => ({
      hubUrl: fake.endpoint,
      fetch: async (url: unknown) =>
        Response.json(
          String(url).includes('/tree/') ? [file] : { id: 'org/m', _id: '1', sha, gated: false },
        ),
    }),
  });

  it.each([
    ['a path that leads out', commitOf(MODEL), { ...entry, path: '../../evil.json' }],
    ['an absolute path', commitOf(MODEL), { ...entry, path: '/etc/evil.json' }],
    ['a hash that is a path', commitOf(MODEL), { ...entry, oid: '../../../evil' }],
    ['a size below nothing', commitOf(MODEL), { ...entry, size: -1 }],
    ['a commit that is a path', '../../../evil', entry],
  ])('about %s is not believed', async (_, sha, file) => {
    await expect(
      planSnapshot(lying(sha, file), parseRepository('org/m', 'dataset')),
    ).rejects.toMatchObject({ code: 'HUB_FAILED', next: expect.stringMatching(/HF_ENDPOINT/) });
  });

  it('a configuration of any size is not read', async () => {
    const file = { path: 'config.json', size: 2 ** 23, hash: { algorithm: 'git', value: '' } };
    await expect(
      readSmallFile(hub, parseRepository('org/model'), file as PlannedFile),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID', field: 'config.json' });
    expect(fake.seen).toEqual([]);
  });
});

describe('linkBlob', () => {
  it('copies where no link can be made', async () => {
    const blob = join(temporaryFolder(), 'blob');
    writeFileSync(blob, 'x');
    const pointer = join(dirname(blob), 'snapshots', 'f');
    const refuse = () => Promise.reject(Object.assign(new Error(), { code: 'EPERM' }));
    await linkBlob(blob, pointer, refuse);
    expect(lstatSync(pointer).isSymbolicLink()).toBe(false);
    expect(readFileSync(pointer, 'utf8')).toBe('x');
  });
});

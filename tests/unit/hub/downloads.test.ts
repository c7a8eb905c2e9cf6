import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openStore, type Store } from '../../../src/main/db/open.ts';
import { type Downloads, openDownloads } from '../../../src/main/hub/downloads.ts';
import { openHub } from '../../../src/main/hub/hub.ts';
import { createPace } from '../../../src/main/hub/rate.ts';
import { parseRepository } from '../../../src/main/hub/repository.ts';
import { type FakeHub, type FakeRepository, startFakeHub } from '../../support/fake-hub.ts';
import { temporaryFolder } from '../db/temporary.ts';

const model = (id: string, access?: 'gated'): FakeRepository => ({
  id,
  files: { 'config.json': '{}', 'model.safetensors': Buffer.alloc(100_000, id.length) },
  ...(access && { access }),
});
const MODELS = [model('org/a'), model('org/bb'), model('org/ccc'), model('org/gated', 'gated')];

let fake: FakeHub;
let cache = '';
let store: Store;
let downloads: Downloads;
const QUICK = { stallMs: 5000, attempts: 1, retryMs: 1 };
beforeEach(async () => {
  fake = await startFakeHub(MODELS);
  cache = temporaryFolder();
  vi.stubEnv('HF_ENDPOINT', fake.endpoint);
  vi.stubEnv('HF_HUB_CACHE', cache);
  vi.stubEnv('HF_TOKEN_PATH', '/none');
  store = await openStore(join(temporaryFolder(), 'kintsugi.db'));
  downloads = await openDownloads(openHub(), store.db, QUICK);
});
afterEach(async () => {
  await downloads.close();
  await store.close();
  await fake.close();
  vi.unstubAllEnvs();
});

const start = (id: string) => downloads.start(parseRepository(id));
const shown = (name: string) => downloads.list().find((one) => one.name === name);
const until = (name: string, status: string) =>
  expect.poll(() => shown(name)?.status, { timeout: 20_000 }).toBe(status);

it('runs two at a time, and tells how far each is', async () => {
  fake.faults.speed = 100_000;
  for (const id of ['org/a', 'org/bb', 'org/ccc']) await start(id);
  expect(downloads.list().map(({ name }) => name)).toEqual(['org/ccc', 'org/bb', 'org/a']);
  expect(shown('org/ccc')?.status).toBe('queued');
  await expect.poll(() => shown('org/a')?.rate, { timeout: 10_000 }).toBeGreaterThan(0);
  delete fake.faults.speed;
  await until('org/ccc', 'done');
  await until('org/a', 'done');
  expect(shown('org/a')).toMatchObject({ bytes: 100_002, total: 100_002, rate: null });
  expect(shown('org/a')?.model).toMatch(/^org\/a@[0-9a-f]{40}$/);
});

it('pauses, survives a restart, and goes on from there', async () => {
  fake.faults.speed = 40_000;
  const { id } = await start('org/a');
  await expect.poll(() => shown('org/a')?.bytes).toBeGreaterThan(10);
  expect(await downloads.pause(id)).toMatchObject({ status: 'paused', error: null });
  await downloads.resume(id);
  await expect.poll(() => shown('org/a')?.status).toBe('running');
  // As after a crash: the row says that it runs, and nothing does.
  await downloads.close();
  await store.db.updateTable('downloads').set({ status: 'running' }).execute();
  downloads = await openDownloads(openHub(), store.db, QUICK);
  const found = shown('org/a')!;
  expect(found).toMatchObject({ status: 'paused', total: 100_002 });
  expect(found.bytes).toBeGreaterThan(2);
  delete fake.faults.speed;
  await downloads.resume(id);
  await until('org/a', 'done');
  expect(fake.seen.some(({ range }) => range !== undefined)).toBe(true);
});

it('a failure is kept with its reason, and can be tried again', async () => {
  Object.assign(fake.faults, { status: 429, retryAfter: '3' });
  const { id } = await start('org/a');
  await until('org/a', 'failed');
  expect(shown('org/a')?.error).toMatchObject({
    code: 'HUB_RATE_LIMITED',
    next: expect.stringMatching(/3 s/),
  });
  delete fake.faults.status;
  await downloads.resume(id);
  await until('org/a', 'done');
  expect(shown('org/a')?.error).toBeNull();
});

it('cancelling throws away what has arrived', async () => {
  fake.faults.speed = 40_000;
  const { id } = await start('org/a');
  await expect.poll(() => shown('org/a')?.bytes).toBeGreaterThan(10);
  await downloads.cancel(id);
  expect(downloads.list()).toEqual([]);
  expect(existsSync(join(cache, 'models--org--a'))).toBe(false);
  await expect(downloads.pause(id)).rejects.toMatchObject({ code: 'DOWNLOAD_NOT_FOUND' });
});

it('one that is done leaves the list, and its files stay', async () => {
  const { id } = await start('org/a');
  await until('org/a', 'done');
  await downloads.cancel(id);
  expect(existsSync(join(cache, 'models--org--a', 'refs', 'main'))).toBe(true);
});

it('a gated model is refused at its first file', async () => {
  await start('org/gated');
  await until('org/gated', 'failed');
  expect(shown('org/gated')?.error?.code).toBe('HUB_GATED');
});

it('the pace is that of the last seconds', () => {
  let now = 0;
  const pace = createPace(() => now);
  pace.add(0);
  expect(pace.of(100)).toEqual({ rate: null, secondsLeft: null });
  for (now = 1000; now <= 20_000; now += 1000) pace.add(now);
  now = 20_000;
  expect(pace.of(30_000)).toEqual({ rate: 1000, secondsLeft: 10 });
  // Starting anew is no negative speed.
  now = 21_000;
  pace.add(0);
  now = 22_000;
  pace.add(500);
  expect(pace.of(1500)).toEqual({ rate: 500, secondsLeft: 2 });
});

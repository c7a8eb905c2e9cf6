import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '../../../src/main/db/open.ts';
import { saveResults } from '../../../src/main/db/results.ts';
import { createRun } from '../../../src/main/db/runs.ts';
import { answerCalls } from '../../../src/main/electron/calls.ts';
import { createServices } from '../../../src/main/services.ts';
import type { Reply } from '../../../src/shared/contract-bridge.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { results, timings } from './results.ts';

type Handler = (event: object, name?: unknown, input?: unknown) => Promise<Reply>;

const PAGE = { senderFrame: { parent: null, url: 'kintsugi://workbench/index.html#/runs' } };

let folder: string;
let store: Store;
let call: Handler;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kintsugi-calls-'));
  store = await openStore(join(folder, 'kintsugi.db'));
  answerCalls(
    { handle: (_channel, handler) => (call = handler as Handler) },
    createServices(store.db),
  );
  const run = { id: 'run-1', kind: 'repair', seed: 3, directory: join(folder, 'run-1') } as const;
  await createRun(store.db, { ...run, recipe: PRESETS.quick });
  await saveResults(store.db, 'run-1', { results, timings });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

it('lists the stored runs, without paths of this machine', async () => {
  const reply = await call(PAGE, 'runs.list', {});
  expect(reply).toMatchObject({
    ok: true,
    value: [{ id: 'run-1', status: 'queued', seed: 3, recipe: PRESETS.quick, tags: [] }],
  });
  expect(JSON.stringify(reply)).not.toContain(folder);
});

it('shows one run with its arms', async () => {
  const reply = await call(PAGE, 'runs.show', { id: 'run-1' });
  expect(reply).toMatchObject({ ok: true, value: { id: 'run-1', outcome: { results, timings } } });
});

it('reports an expected failure with its code and next step', async () => {
  expect(await call(PAGE, 'runs.show', { id: 'run-2' })).toEqual({
    ok: false,
    error: {
      code: 'RUN_NOT_FOUND',
      message: 'There is no run "run-2".',
      next: expect.stringContaining('runs list'),
      field: 'id',
    },
  });
});

it('shows a run whose recipe another version wrote', async () => {
  const run = { id: 'old', kind: 'repair', seed: 0, directory: join(folder, 'old') } as const;
  await createRun(store.db, { ...run, recipe: { version: 0 } });
  const reply = await call(PAGE, 'runs.show', { id: 'old' });
  expect(reply).toMatchObject({ ok: true, value: { recipe: null, outcome: null } });
});

it.each([
  ['an unknown call', 'runs.destroy', {}],
  ['a property of every object', 'constructor', {}],
  ['a prototype', '__proto__', {}],
  ['no name', undefined, {}],
  ['a name that is no text', ['runs.list'], {}],
  ['no input', 'runs.show', undefined],
  ['an empty id', 'runs.show', { id: '' }],
  ['an id that is no text', 'runs.show', { id: 7 }],
  ['an endless id', 'runs.show', { id: 'x'.repeat(101) }],
  ['an unknown field', 'runs.show', { id: 'run-1', path: '/etc' }],
])('refuses %s', async (_what, name, input) => {
  const reply = await call(PAGE, name, input);
  expect(reply).toMatchObject({ ok: false, error: { code: 'ARGUMENT_INVALID' } });
});

it.each([
  ['a frame that is gone', null],
  ['a foreign page', { parent: null, url: 'https://example.org/' }],
  ['a page of another host', { parent: null, url: 'kintsugi://elsewhere/index.html' }],
  ['a file', { parent: null, url: 'file:///index.html' }],
  ['a frame inside our page', { parent: {}, url: 'kintsugi://workbench/index.html' }],
])('does not answer %s', async (_what, senderFrame) => {
  expect(() => call({ senderFrame }, 'runs.list', {})).toThrow('foreign frame');
});

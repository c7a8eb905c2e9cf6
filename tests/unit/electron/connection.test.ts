import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { saveResults } from '../../../src/main/db/results.ts';
import { createRun } from '../../../src/main/db/runs.ts';
import { acceptConnections } from '../../../src/main/electron/connection.ts';
import { forkCompute } from '../../../src/main/jobs/node-process.ts';
import { BROWSER_SHELL } from '../../../src/main/router/services.ts';
import { openWorkbench, type Workbench } from '../../../src/main/workbench.ts';
import { createClient } from '../../../src/renderer/client.ts';
import type { Bridge, BridgeMessage } from '../../../src/shared/contract/bridge.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { results, timings } from './results.ts';

// Electron's IPC between one page and the main process, messages copied as it copies them.
const OWN_FRAME = { parent: null, url: 'kintsugi://workbench/index.html#/runs' };

let folder: string;
let workbench: Workbench;
let ipc: EventEmitter;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kintsugi-connection-'));
  const shell = {
    ...BROWSER_SHELL,
    host: 'electron',
    chooseFolder: async () => '/chosen',
  } as const;
  workbench = await openWorkbench({ home: folder, shell, startCompute: forkCompute });
  ipc = new EventEmitter();
  acceptConnections(ipc as never, workbench.router);
  const { db } = workbench.services.store;
  const run = { id: 'run-1', kind: 'repair', seed: 3, directory: join(folder, 'run-1') } as const;
  await createRun(db, { ...run, recipe: PRESETS.quick });
  await saveResults(db, 'run-1', { results, timings });
});

afterEach(async () => {
  await workbench.close();
  rmSync(folder, { recursive: true, force: true });
});

let pages = 0;

function openPage(senderFrame: object | null = OWN_FRAME) {
  const listeners: ((message: BridgeMessage) => void)[] = [];
  const sender = Object.assign(new EventEmitter(), {
    id: ++pages,
    isDestroyed: () => false,
    send: (channel: string, message: BridgeMessage) =>
      setImmediate(() => {
        for (const listener of listeners) listener(structuredClone(message));
        received.push([channel, message]);
      }),
  });
  const received: unknown[] = [];
  const send = (message: unknown) =>
    void ipc.emit('kintsugi:message', { sender, senderFrame }, structuredClone(message));
  const bridge: Bridge = { send, listen: (listener) => void listeners.push(listener) };
  return { bridge, send, sender, received };
}

it('carries calls, without paths of this machine', async () => {
  const client = createClient(openPage().bridge);
  const runs = await client.call('runs.list', {});
  expect(runs).toMatchObject([{ id: 'run-1', status: 'queued', seed: 3, recipe: PRESETS.quick }]);
  expect(JSON.stringify(runs)).not.toContain(folder);
  expect(await client.call('runs.show', { id: 'run-1' })).toMatchObject({
    outcome: { results, timings },
    headline: { original: 0.9, compressed: 0.7, best: 0.8 },
  });
  expect(await client.call('system.chooseFolder', {})).toEqual({ path: '/chosen' });
});

it('carries streams until the page leaves them', async () => {
  const client = createClient(openPage().bridge);
  const events: string[] = [];
  const leave = client.subscribe(
    'runs.progress',
    { id: 'run-1' },
    { event: ({ kind }) => events.push(kind) },
  );
  await vi.waitFor(() => expect(events).toEqual(['snapshot']));
  await client.call('runs.notes', { id: 'run-1', notes: 'changed' });
  await vi.waitFor(() => expect(events).toEqual(['snapshot', 'run']), 3000);
  leave();
  await client.call('runs.notes', { id: 'run-1', notes: 'again' });
  await new Promise((done) => setTimeout(done, 1200));
  expect(events).toHaveLength(2);
});

it('reports an expected failure with its code and next step', async () => {
  const client = createClient(openPage().bridge);
  await expect(client.call('runs.show', { id: 'run-2' })).rejects.toMatchObject({
    report: {
      code: 'RUN_NOT_FOUND',
      message: 'There is no run "run-2".',
      next: expect.stringContaining('runs list'),
      field: 'id',
    },
  });
});

it('shows a run whose recipe another version wrote', async () => {
  const run = { id: 'old', kind: 'repair', seed: 0, directory: join(folder, 'old') } as const;
  await createRun(workbench.services.store.db, { ...run, recipe: { version: 0 } });
  const client = createClient(openPage().bridge);
  expect(await client.call('runs.show', { id: 'old' })).toMatchObject({
    recipe: null,
    outcome: null,
  });
});

it.each([
  ['no input', undefined],
  ['an empty id', { id: '' }],
  ['an id that is no text', { id: 7 }],
  ['an endless id', { id: 'x'.repeat(101) }],
  ['an id that is a path', { id: '../run-1' }],
  ['an unknown field', { id: 'run-1', path: '/etc' }],
])('refuses %s', async (_what, input) => {
  const client = createClient(openPage().bridge);
  await expect(client.call('runs.show', input as never)).rejects.toMatchObject({
    report: { code: 'ARGUMENT_INVALID' },
  });
});

it.each(['runs.destroy', 'constructor', '__proto__.x', 'runs.__proto__', ''])(
  'has no procedure "%s"',
  async (name) => {
    const client = createClient(openPage().bridge);
    await expect(client.call(name as never, {} as never)).rejects.toThrow();
  },
);

it.each([
  ['a frame that is gone', null],
  ['a foreign page', { parent: null, url: 'https://example.org/' }],
  ['a page of another host', { parent: null, url: 'kintsugi://elsewhere/index.html' }],
  ['a file', { parent: null, url: 'file:///index.html' }],
  ['a frame inside our page', { parent: {}, url: 'kintsugi://workbench/index.html' }],
])('does not answer %s', async (_what, senderFrame) => {
  const { send, received } = openPage(senderFrame);
  send({ kind: 'open' });
  await new Promise((done) => setTimeout(done, 50));
  expect(received).toEqual([]);
});

it.each([
  ['text', 'open'],
  ['nothing', undefined],
  ['an unknown kind', { kind: 'eval', text: '1' }],
  ['more than a message', { kind: 'open', extra: 1 }],
  ['text that is none', { kind: 'text', text: 7 }],
  ['text before it opened a connection', { kind: 'text', text: '{}' }],
])('drops %s', async (_what, message) => {
  const { send, received } = openPage();
  send(message);
  await new Promise((done) => setTimeout(done, 50));
  expect(received).toEqual([]);
});

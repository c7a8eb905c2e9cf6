import { expect, it, vi } from 'vitest';
import { lockRun } from '../../../src/main/db/lock.ts';
import { openStore } from '../../../src/main/db/open.ts';
import { createRun, updateRun } from '../../../src/main/db/runs.ts';
import type { RunStatus } from '../../../src/main/db/schema.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { temporaryFolder } from '../db/temporary.ts';

const stub = await vi.hoisted(() => import('./stub.ts'));
vi.mock('electron', () => stub);
const { notifyEndings } = await import('../../../src/main/electron/notify.ts');

it('tells the end of a run once, and only to who looks elsewhere', async () => {
  const home = temporaryFolder();
  const store = await openStore(`${home}/kintsugi.db`);
  let changed: (id: string) => unknown = () => undefined;
  const jobs = { onChange: (listener: typeof changed) => (changed = listener) };
  notifyEndings({ jobs, store } as never, () => undefined);
  const run = { id: 'r', kind: 'repair', seed: 0, directory: home } as const;
  await createRun(store.db, { ...run, recipe: PRESETS.quick });
  await updateRun(store.db, 'r', { name: 'First' });
  const release = lockRun(home)!;
  const become = async (status: RunStatus) => {
    await updateRun(store.db, 'r', { status });
    await changed('r');
  };
  stub.noted.length = 0;
  await become('done');
  expect(stub.noted).toEqual([]);
  await become('running');
  await become('done');
  await become('done');
  expect(stub.noted).toEqual(['notification First is done: see what came back.']);
  await become('running');
  stub.BrowserWindow.focused = {} as never;
  await become('failed');
  expect(stub.noted).toHaveLength(1);
  release();
  await store.close();
});

import { BrowserWindow, Notification } from 'electron';
import type { RunStatus } from '../../shared/contract/runs.ts';
import { findRun } from '../db/runs.ts';
import type { Services } from '../router/services.ts';

const ENDINGS: Readonly<Partial<Record<RunStatus, string>>> = {
  done: 'is done: see what came back.',
  failed: 'failed: see why, and what to do.',
  interrupted: 'was interrupted: it can go on from its last checkpoint.',
};

/** Tells the end of a run while the person looks at something else; a click brings the window back. */
export function notifyEndings({ jobs, store }: Services, show: () => void): void {
  const told = new Map<string, RunStatus>();
  jobs.onChange(async (id) => {
    const run = await findRun(store.db, id).catch(() => undefined);
    if (run === undefined || told.get(id) === run.status) return;
    const before = told.get(id);
    told.set(id, run.status);
    const ending = ENDINGS[run.status];
    const watched = BrowserWindow.getFocusedWindow() !== null;
    if (before !== 'running' || ending === undefined || watched) return;
    if (!Notification.isSupported()) return;
    const notification = new Notification({ title: 'Kintsugi', body: `${run.name} ${ending}` });
    notification.on('click', show);
    notification.show();
  });
}

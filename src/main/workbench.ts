import { KintsugiError } from '../shared/errors.ts';
import { lockHome } from './db/lock.ts';
import { openStore } from './db/open.ts';
import { databasePath } from './home.ts';
import { openDownloads } from './hub/downloads.ts';
import { openHub } from './hub/hub.ts';
import { type ComputeProcess, createCompute } from './jobs/compute.ts';
import { openJobs } from './jobs/queue.ts';
import { openRouter } from './router/index.ts';
import type { Router } from './router/router.ts';
import type { Services, Shell } from './router/services.ts';
import { openSecrets } from './secrets.ts';

/** The main process's services with the contract over them, whatever shows the screens. */
export interface Workbench {
  readonly services: Services;
  readonly router: Router;
  /** Stops the running job at its next step and ends the compute host. */
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  /** Data folder. */
  readonly home: string;
  readonly shell: Shell;
  readonly startCompute: (home: string) => ComputeProcess;
}

/** @throws KintsugiError of openStore; HOME_IN_USE when another workbench has the data folder open */
export async function openWorkbench({
  home,
  shell,
  startCompute,
}: WorkbenchOptions): Promise<Workbench> {
  const store = await openStore(databasePath(home));
  const release = lockHome(home);
  if (release === undefined) {
    await store.close();
    throw inUse(home);
  }
  const compute = createCompute(() => startCompute(home));
  const jobs = await openJobs(store, compute);
  const secrets = openSecrets(home, shell.keychain);
  const hub = openHub(() => secrets.read('hubToken'));
  const downloads = await openDownloads(hub, store.db);
  const services = { home, store, compute, jobs, hub, downloads, shell, secrets };
  return {
    services,
    router: openRouter(services),
    async close() {
      await downloads.close();
      await jobs.close();
      compute.kill();
      await store.close();
      release();
    },
  };
}

const inUse = (home: string): KintsugiError =>
  new KintsugiError('HOME_IN_USE', 'Kintsugi is already open on this data folder.', {
    next: 'Go on in the window or tab that is open, or choose another folder with --home.',
    file: home,
  });

import type { Store } from '../db/open.ts';
import type { Compute } from '../jobs/compute.ts';
import type { Jobs } from '../jobs/queue.ts';

/** What the handlers of every feature work with. */
export interface Services {
  /** Data folder. */
  readonly home: string;
  readonly store: Store;
  /** The engine, in its own process. */
  readonly compute: Compute;
  readonly jobs: Jobs;
  /** What only a window can do. */
  readonly shell: Shell;
}

export interface Shell {
  readonly host: 'electron' | 'browser';
  /** The system's own dialog for a folder; null when there is none. */
  readonly chooseFolder: (() => Promise<string | null>) | null;
}

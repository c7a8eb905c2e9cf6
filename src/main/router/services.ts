import type { Store } from '../db/open.ts';
import type { Downloads } from '../hub/downloads.ts';
import type { Hub } from '../hub/hub.ts';
import type { Compute } from '../jobs/compute.ts';
import type { Jobs } from '../jobs/queue.ts';
import type { Keychain, Secrets } from '../secrets.ts';

/** What the handlers of every feature work with. */
export interface Services {
  /** Data folder. */
  readonly home: string;
  readonly store: Store;
  /** The engine, in its own process. */
  readonly compute: Compute;
  readonly jobs: Jobs;
  readonly secrets: Secrets;
  readonly hub: Hub;
  readonly downloads: Downloads;
  /** What only a window can do. */
  readonly shell: Shell;
}

export interface Shell {
  readonly host: 'electron' | 'browser';
  /** The system's own dialog for a folder; null when there is none. */
  readonly chooseFolder: (() => Promise<string | null>) | null;
  /** Lays a page that needs nothing else out as a PDF; null where nothing can. */
  readonly printPdf: ((html: string) => Promise<Uint8Array>) | null;
  /** Where secrets are encrypted; null leaves that to the mode of their file. */
  readonly keychain: Keychain | null;
}

/** Without a window. */
export const BROWSER_SHELL: Shell = {
  host: 'browser',
  chooseFolder: null,
  printPdf: null,
  keychain: null,
};

import { openStore, type Store } from '../db/open.ts';
import { databasePath } from '../home.ts';
import { formatError } from './errors.ts';
import type { Progress } from './progress.ts';

/** What every command gets besides its own options. */
export interface Context {
  /** Data folder: run database and run folders. */
  readonly home: string;
  /** Raised by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Whether stdout must stay free for the one JSON document. */
  readonly json: boolean;
}

/** A command's outcome: one of the two is printed. */
export interface Outcome {
  readonly document: unknown;
  readonly text: string;
}

/** Opens the store of the data folder for the length of `use`, telling its warnings. */
export async function withStore<T>(
  { home, progress }: Context,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(databasePath(home));
  try {
    for (const warning of store.warnings) progress.line(formatError(warning, false));
    return await use(store);
  } finally {
    await store.close();
  }
}

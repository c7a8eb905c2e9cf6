import type { Store } from '../../db/open.ts';

/** What every task of the compute host gets besides its input. */
export interface TaskContext {
  /** Data folder. */
  readonly home: string;
  /** The worker's own connection. */
  readonly store: Store;
  /** Raised when the asker wants no more; tasks stop at their next step. */
  readonly signal: AbortSignal;
  /** Raised when the asker wants what there is by now; tasks that have no use for it go on. */
  readonly finish: AbortSignal;
  /** Passes an event to the asker; structured-cloneable. */
  readonly emit: (event: unknown) => void;
}

/** Input and output pass between processes, so they are plain data. */
export type Task<Input, Output> = (input: Input, context: TaskContext) => Promise<Output>;

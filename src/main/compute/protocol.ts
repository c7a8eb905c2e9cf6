import type { ErrorReport } from '../../shared/contract/common.ts';

/** What passes between the main process and the compute host, and on to its workers. */

/** Runs and quick questions have a worker each, so that neither waits for the other. */
export type Lane = 'runs' | 'questions';

export type ToCompute =
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly lane: Lane;
      readonly name: string;
      readonly input: unknown;
    }
  /** Raises the signal of an ask; its answer still comes. */
  | { readonly kind: 'stop'; readonly id: number };

export type FromCompute =
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: ErrorReport }
  /** Resident bytes of the whole compute host, while it has anything to do. */
  | { readonly kind: 'memory'; readonly bytes: number };

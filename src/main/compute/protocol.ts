import type { ErrorReport } from '../../shared/contract/common.ts';

/** What passes between the main process and a compute host, and on to its worker. */

export type ToCompute =
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly name: string;
      readonly input: unknown;
    }
  /** Raises a signal of an ask; its answer still comes. */
  | { readonly kind: 'stop' | 'finish'; readonly id: number };

export type FromCompute =
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: ErrorReport }
  /** Resident bytes of the compute host, while it has anything to do. */
  | { readonly kind: 'memory'; readonly bytes: number };

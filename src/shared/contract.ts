import { z } from 'zod';
import type { Recipe } from './recipe.ts';
import type { RunResults, RunTimings } from './results.ts';

/** Every call a screen may make, with the schema that its input must pass in the main process. */
export const calls = {
  'runs.list': z.strictObject({}),
  'runs.show': z.strictObject({ id: z.string().min(1).max(100) }),
};

export type CallName = keyof typeof calls;
export type Input<Name extends CallName> = z.infer<(typeof calls)[Name]>;

interface Outputs {
  'runs.list': readonly RunSummary[];
  'runs.show': RunDetail;
}
export type Output<Name extends CallName> = Outputs[Name];

/** Times are Unix milliseconds. */
export interface RunSummary {
  readonly id: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly seed: number;
  readonly device: string | null;
  /** Null when this version of Kintsugi does not understand the stored recipe. */
  readonly recipe: Recipe | null;
  readonly error: { readonly code: string; readonly message: string; readonly next: string } | null;
  readonly tags: readonly string[];
  readonly notes: string;
}

export type RunStatus =
  | 'queued'
  | 'running'
  | 'paused'
  | 'interrupted'
  | 'done'
  | 'failed'
  | 'cancelled';

export interface RunDetail extends RunSummary {
  /** Null until the run has compared its arms. */
  readonly outcome: { readonly results: RunResults; readonly timings: RunTimings } | null;
}

/** The contract as the main process implements it; inputs arrive checked. */
export type Services = {
  readonly [Name in CallName]: (input: Input<Name>) => Promise<Output<Name>>;
};

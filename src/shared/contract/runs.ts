import { z } from 'zod';
import { type Recipe, recipeSchema } from '../recipe.ts';
import type { RunResults, RunTimings } from '../results.ts';
import {
  type BinaryContent,
  byId,
  type FileContent,
  id,
  notes,
  nothing,
  tags,
  title,
} from './common.ts';
import { call, stream } from './procedure.ts';
import type { RunSamples } from './samples.ts';
import type { MemoryItem } from './wizard.ts';

export type RunStatus =
  | 'queued'
  | 'running'
  | 'paused'
  | 'interrupted'
  | 'done'
  | 'failed'
  | 'cancelled';

/** Times are Unix milliseconds. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  /** Asked to stop, and finishing its step. */
  readonly stopping: boolean;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** When it was put into the bin, from where it can come back. */
  readonly deletedAt: number | null;
  readonly seed: number;
  readonly device: string | null;
  readonly modelHash: string | null;
  /** Null when this version of Kintsugi does not understand the stored recipe. */
  readonly recipe: Recipe | null;
  readonly error: { readonly code: string; readonly message: string; readonly next: string } | null;
  readonly tags: readonly string[];
  readonly notes: string;
  /** Share of all stages' work done, in [0, 1]. */
  readonly progress: number;
  /** Place in the queue from 1, null unless queued. */
  readonly queuePosition: number | null;
  /** Mean accuracies in [0, 1] and the best repair, once the arms are compared. */
  readonly headline: RunHeadline | null;
}

export interface RunHeadline {
  readonly original: number;
  readonly compressed: number;
  readonly best: number;
  readonly bestArm: string;
  readonly verdict: string;
}

export interface RunStage {
  /** For example `tune:places@0`: kind, what, seed. */
  readonly name: string;
  readonly status: 'pending' | 'running' | 'done' | 'failed';
  /** In [0, 1]. */
  readonly progress: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly secondsLeft: number | null;
  /** Worth knowing of it, for example that it was stopped early. */
  readonly remark: string | null;
}

export interface MetricSeries {
  readonly stage: string;
  /** For example `loss`. */
  readonly name: string;
  /** [step, value], rising by step; thinned to at most 500. */
  readonly points: readonly (readonly [number, number])[];
}

export interface RunDetail extends RunSummary {
  /** In order; empty before the run first started. */
  readonly stages: readonly RunStage[];
  /** Null until the run has compared its arms. */
  readonly outcome: { readonly results: RunResults; readonly timings: RunTimings } | null;
  readonly memory: Usage;
  readonly disk: Usage;
}

/** Bytes: what was estimated before the start beside the largest seen. Null when not known. */
export interface Usage {
  readonly estimated: number | null;
  readonly items: readonly MemoryItem[];
  readonly peak: number | null;
}

/** At most ten a second for a run. The first one is a snapshot. */
export type RunEvent =
  | {
      readonly kind: 'snapshot';
      readonly run: RunDetail;
      readonly metrics: readonly MetricSeries[];
      readonly notices: readonly RunNotice[];
      readonly samples: RunSamples;
    }
  | { readonly kind: 'run'; readonly run: RunDetail }
  | {
      readonly kind: 'progress';
      readonly stages: readonly RunStage[];
      readonly progress: number;
      /** New points; a step seen before replaces its value. */
      readonly metrics: readonly MetricSeries[];
    }
  | { readonly kind: 'notice'; readonly notice: RunNotice }
  | { readonly kind: 'samples'; readonly samples: RunSamples };

export interface RunNotice {
  readonly at: number;
  readonly stage: string;
  readonly message: string;
}

const reported = z.strictObject({ ids: z.array(id).min(1).max(16) });

export const runProcedures = {
  /** Newest first; `deleted` lists the bin instead. */
  'runs.list': call<readonly RunSummary[]>()(z.strictObject({ deleted: z.boolean().optional() })),
  'runs.show': call<RunDetail>()(byId),
  'runs.metrics': call<readonly MetricSeries[]>()(byId),
  /** Queues a new run; `force` starts it although the estimate says that memory is short. */
  'runs.start': call<RunSummary>()(
    z.strictObject({
      recipe: recipeSchema,
      name: title.optional(),
      force: z.boolean().optional(),
    }),
  ),
  /** Stops at the next step; `runs.resume` goes on from there. */
  'runs.pause': call<RunSummary>()(byId),
  /** Also for runs that were interrupted, failed or cancelled. */
  'runs.resume': call<RunSummary>()(byId),
  /** Ends tuning at its next step, keeps the best so far, and goes on to compare that. */
  'runs.stop': call<RunSummary>()(byId),
  /** Ends the run and removes what it made. */
  'runs.cancel': call<RunSummary>()(byId),
  'runs.delete': call<RunSummary>()(byId),
  'runs.restore': call<RunSummary>()(byId),
  'runs.rename': call<RunSummary>()(z.strictObject({ id, name: title })),
  'runs.tag': call<RunSummary>()(z.strictObject({ id, tags })),
  'runs.notes': call<RunSummary>()(z.strictObject({ id, notes })),
  /** The recipe and a name for a new run like this one, for the wizard. */
  'runs.duplicate': call<{ readonly recipe: Recipe; readonly name: string }>()(byId),
  'runs.export': call<FileContent>()(
    z.strictObject({ ids: z.array(id).min(1).max(1000), format: z.enum(['csv', 'json']) }),
  ),
  /** Runs as one page to read or print. */
  'runs.report': call<FileContent>()(reported),
  /** The same laid out on paper, where `system.info` says that it can be. */
  'runs.reportPdf': call<BinaryContent>()(reported),
  /** Everything about one run while it is watched. */
  'runs.progress': stream<RunEvent>()(byId),
  /** Ids of runs whose row changed; for lists. */
  'runs.changes': stream<{ readonly ids: readonly string[] }>()(nothing),
} as const;

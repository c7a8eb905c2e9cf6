import { z } from 'zod';
import type { Arm } from '../results.ts';
import { armId, type ErrorReport, id, nothing, title } from './common.ts';
import { call, stream } from './procedure.ts';

export interface PlaygroundArms {
  readonly runId: string;
  readonly name: string;
  /** Those of the run, then other banks of the library that were made for its compressed model. */
  readonly arms: readonly Arm[];
  readonly seeds: readonly number[];
  /** Inputs of the run's tasks to try. */
  readonly examples: readonly string[];
}

/** `pane` counts the arms of the request from 0. */
export type GenerationEvent =
  /** First of all: whether the arms write side by side, or one after another for want of memory. */
  | { readonly kind: 'plan'; readonly together: boolean }
  | { readonly kind: 'loading'; readonly pane: number }
  | {
      readonly kind: 'started';
      readonly pane: number;
      readonly arm: Arm;
      /** The input's length in tokens, without prompt. */
      readonly inputTokens: number;
      /** The prompt that was chosen, with each prompt's share of attention; null without a bank. */
      readonly choice: {
        readonly prompt: string;
        readonly names: readonly string[];
        readonly shares: readonly number[];
      } | null;
    }
  | { readonly kind: 'text'; readonly pane: number; readonly text: string }
  | {
      readonly kind: 'done';
      readonly pane: number;
      readonly reason: 'end' | 'length';
      readonly tokens: number;
      /** Of this pane's own work. */
      readonly seconds: number;
    }
  | { readonly kind: 'failed'; readonly pane: number; readonly error: ErrorReport };

const generationSchema = z.strictObject({
  panes: z
    .array(z.strictObject({ runId: id, arm: armId, seed: z.int().min(0).optional() }))
    .min(1)
    .max(4),
  input: z.string().min(1).max(100_000),
  sampling: z.strictObject({
    /** 0 is greedy. */
    temperature: z.number().min(0).max(5),
    topK: z.int().min(0).max(1000),
    topP: z.number().gt(0).max(1),
    maxTokens: z.int().min(1).max(2048),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
  }),
});
export type GenerationRequest = z.infer<typeof generationSchema>;

/** An input worth keeping, with what the arms made of it. */
export interface SavedCase {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly request: GenerationRequest;
  readonly outputs: readonly string[];
}

export const playgroundProcedures = {
  'playground.arms': call<readonly PlaygroundArms[]>()(
    z.strictObject({ runIds: z.array(id).min(1).max(4) }),
  ),
  /** Leaving the stream stops the generation. */
  'playground.generate': stream<GenerationEvent>()(generationSchema),
  'playground.cases': call<readonly SavedCase[]>()(nothing),
  'playground.saveCase': call<SavedCase>()(
    z.strictObject({
      name: title,
      request: generationSchema,
      outputs: z.array(z.string().max(100_000)).max(4),
    }),
  ),
  'playground.deleteCase': call<null>()(z.strictObject({ id })),
} as const;

import { z } from 'zod';
import type { Recipe } from '../recipe.ts';
import type { Arm, ArmResult, RunResults, RunTimings } from '../results.ts';
import { armId, id } from './common.ts';
import { call, stream } from './procedure.ts';

export interface ComparedRun {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly recipe: Recipe | null;
  readonly modelHash: string | null;
  readonly device: string | null;
  /** Null when the run has no results yet. */
  readonly outcome: { readonly results: RunResults; readonly timings: RunTimings } | null;
}

export interface Comparison {
  readonly runs: readonly ComparedRun[];
  /** Recipe fields by dotted path with each run's value as text, those that differ marked. */
  readonly configuration: readonly {
    readonly path: string;
    readonly values: readonly (string | null)[];
    readonly differs: boolean;
  }[];
}

export const INPUT_FILTERS = ['all', 'differ', 'broken', 'repaired', 'still-broken'] as const;
export type InputFilter = (typeof INPUT_FILTERS)[number];

/** A column of the inputs view. */
export interface InputArm {
  readonly runId: string;
  readonly seed: number;
  readonly arm: Arm;
  /** Names of the bank's prompts, in the order of `attention`; empty without a bank. */
  readonly prompts: readonly string[];
}

export interface InputCell {
  readonly correct: boolean;
  /** Log-likelihood per choice, or of the greedy continuation. */
  readonly scores: readonly number[];
  readonly prompt: string | null;
  readonly attention: readonly number[] | null;
}

export interface InputRow {
  readonly task: string;
  readonly itemId: string;
  readonly kind: 'choice' | 'cloze' | 'generation';
  readonly context: string;
  /** Empty for a cloze. */
  readonly choices: readonly string[];
  readonly answer: string;
  /** By arm; null where that arm has no answer to this input. */
  readonly cells: readonly (InputCell | null)[];
}

export interface InputPage {
  readonly arms: readonly InputArm[];
  readonly tasks: readonly string[];
  /** Names of all prompts that were chosen. */
  readonly prompts: readonly string[];
  /** Inputs that pass the filter. */
  readonly total: number;
  /** Inputs by filter, with the same search, task and prompt. */
  readonly counts: Readonly<Record<InputFilter, number>>;
  readonly offset: number;
  readonly rows: readonly InputRow[];
}

/** One stored answer beside the same one computed again. */
export interface Verification {
  /** Same verdict, same prompt, and scores equal to `tolerance`. */
  readonly same: boolean;
  readonly stored: InputCell;
  readonly recomputed: InputCell;
  readonly largestDifference: number;
  readonly tolerance: number;
  /** Hashes computed now from the files, beside those the result carries. */
  readonly hashes: readonly {
    readonly what: 'weights' | 'bank' | 'adapter';
    readonly stored: string;
    readonly recomputed: string;
  }[];
  readonly seconds: number;
}

/** While a bank answers a run's inputs. */
export type BankComparisonEvent =
  | { readonly kind: 'progress' /** In [0, 1]. */; readonly share: number }
  | { readonly kind: 'done'; readonly result: ArmResult };

const bankOnRun = z.strictObject({ runId: id, bankId: id });

const runIds = z.array(id).min(1).max(8);

export const compareProcedures = {
  'compare.show': call<Comparison>()(z.strictObject({ runIds })),
  'compare.inputs': call<InputPage>()(
    z.strictObject({
      runIds,
      filter: z.enum(INPUT_FILTERS),
      search: z.string().max(200),
      task: z.string().max(100).optional(),
      /** Only inputs for which this prompt was chosen. */
      prompt: z.string().max(200).optional(),
      offset: z.int().min(0).max(10_000_000),
      limit: z.int().min(1).max(500),
    }),
  ),
  /**
   * Measures a bank of the library on a finished run's inputs; from then on it is an arm of that run.
   * Leaving the stream stops it, and nothing is kept.
   */
  'compare.bank': stream<BankComparisonEvent>()(bankOnRun),
  /** Takes a bank's arm out of the run again. */
  'compare.removeBank': call<null>()(bankOnRun),
  'compare.verify': call<Verification>()(
    z.strictObject({
      runId: id,
      arm: armId,
      seed: z.int().min(0),
      task: z.string().min(1).max(100),
      itemId: z.string().min(1).max(200),
    }),
  ),
} as const;

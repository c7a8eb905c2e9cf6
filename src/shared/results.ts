import type { SelectorRecipe } from './recipe.ts';

/** What a finished run says. Everything here but `RunTimings` repeats exactly for the same recipe and seed. */

export type ArmId =
  | 'original'
  | 'compressed'
  | 'prompt'
  | 'idp'
  | 'prefix'
  | LoraArmId
  /** The bank and an adapter that were tuned as one. */
  | 'bank-lora';

/** The recipe's adapter, and further ones by their rank. */
export type LoraArmId = 'lora' | `lora-${number}`;

export const isLoraArm = (id: ArmId | BankArmId): id is LoraArmId => /^lora(-\d+)?$/.test(id);

/** A bank of the library in front of the run's compressed model, measured when somebody asked for it. */
export type BankArmId = `bank:${string}`;

export const bankArmId = (bankId: string): BankArmId => `bank:${bankId}`;

/** The library's id of a bank arm's bank; undefined for the arms that a run makes. */
export const bankOfArm = (id: ArmId | BankArmId): string | undefined =>
  isBankArm(id) ? id.slice('bank:'.length) : undefined;

export const isBankArm = (id: ArmId | BankArmId): id is BankArmId => id.startsWith('bank:');

/**
 * Weights + optional bank and selector + optional adapter, each with its content hash. What is tuned
 * once per seed has the hash over the seeds' hashes.
 */
export interface Arm {
  readonly id: ArmId | BankArmId;
  readonly label: string;
  readonly weightsHash: string;
  readonly bankHash?: string;
  readonly adapterHash?: string;
  readonly selector?: { readonly kind: string; readonly layer?: number; readonly prompt?: string };
}

/** A mean of per-input scores; the standard error is null for a single input. */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number | null;
  readonly count: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Coverage, for example 0.95. */
  readonly level: number;
}

/**
 * Share of what compression lost that the repair brought back:
 * (repaired − compressed) / (original − compressed). 0 = nothing, 1 = all, < 0 = made it worse.
 */
export type ArmRecovery =
  /** Compression lost nothing, so there is no share to speak of. */
  | { readonly kind: 'nothing-lost'; readonly lost: number; readonly regained: number }
  /** Something was lost here, but too little to bound the ratio: resamples often lose nothing. */
  | {
      readonly kind: 'unbounded';
      readonly lost: number;
      readonly regained: number;
      readonly share: number;
    }
  | {
      readonly kind: 'recovered';
      /** original − compressed, in score units. */
      readonly lost: number;
      /** repaired − compressed, in score units. */
      readonly regained: number;
      readonly share: number;
      readonly interval: Interval;
    };

export interface ArmResult {
  readonly arm: Arm;
  /** Accuracy by task name, over all seeds. */
  readonly tasks: Readonly<Record<string, Estimate>>;
  /** Every task weighs the same. */
  readonly mean: Estimate;
  /** Per token, on held-out text; null where the recipe asks for none. */
  readonly perplexity: number | null;
  /** Parameters added to the weights. */
  readonly extraParameters: number;
  /** Weights and additions as files. */
  readonly bytesOnDisk: number;
  /** Weights and additions as the engine holds them. */
  readonly bytesInMemory: number;
  /** Null for the two arms that recovery compares with. */
  readonly recovery: ArmRecovery | null;
}

/** The same banks under one way of choosing a prompt for each input. */
export interface SelectorResult {
  /**
   * `hindsight` (the one prompt that turns out best on these very inputs) and `oracle` (the likeliest
   * right one for each) know the answers: they bound what choosing can give. `random` is what a
   * random prompt is expected to give.
   */
  readonly kind: 'random' | 'hindsight' | 'oracle' | SelectorRecipe['kind'];
  readonly name: string;
  readonly mean: Estimate;
  /** Mean minus that of a random prompt, paired by input; null for the random prompt itself. */
  readonly overRandom: { readonly value: number; readonly interval: Interval } | null;
  /** Numbers that it adds to the bank; null for the bounds. */
  readonly parameters: number | null;
}

/** Two arms on the same inputs: the second against the first. */
export interface ArmComparison {
  readonly first: ArmId;
  readonly second: ArmId;
  /** Accuracy of the second minus that of the first, every task weighing the same. */
  readonly difference: { readonly value: number; readonly interval: Interval };
  /** McNemar's exact test over all inputs, each counted once whatever the number of seeds. */
  readonly pValue: number;
  /** By task; `adjusted` is the p-value after Holm's correction over the tasks. */
  readonly tasks: Readonly<
    Record<
      string,
      { readonly difference: number; readonly pValue: number; readonly adjusted: number }
    >
  >;
}

export interface RunResults {
  readonly arms: readonly ArmResult[];
  /** Every pair of arms; absent from runs of earlier versions. */
  readonly comparisons?: readonly ArmComparison[];
  /** IDP and its controls. */
  readonly selectors?: readonly SelectorResult[];
  readonly seeds: readonly number[];
  /** Set when tuning was stopped early: how far it came, by `bank@0`. */
  readonly stoppedEarly?: Readonly<Record<string, string>>;
  /** Of the model, without what repairs add; absent in results of earlier versions. */
  readonly parameters?: number;
  /** The comparison in one or two sentences. */
  readonly verdict: string;
}

/** Measured on this machine, this time. */
export interface RunTimings {
  /** Mean milliseconds per input by arm. */
  readonly millisecondsPerInput: Readonly<Partial<Record<ArmId | BankArmId, number>>>;
  /** Mean milliseconds per input of the bank under each selector of the recipe, by its name. */
  readonly millisecondsPerSelector?: Readonly<Record<string, number>>;
  /** Wall time of every stage, in seconds. */
  readonly stageSeconds: Readonly<Record<string, number>>;
}

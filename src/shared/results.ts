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

/**
 * - `displaced`: unseen facts came back, so they were still in the compressed weights;
 * - `forgotten`: facts came back only where tuning showed them: they were learned anew;
 * - `nothing-regained`: not even the tuned ones came back, so this repair says nothing;
 * - `undecided`: the intervals allow more than one reading;
 * - `untrustworthy`: the control "regained" what it never knew, so the test measures something else;
 * - `nothing-lost`: compression lost too little to ask.
 */
export type DisplacementKind =
  | 'displaced'
  | 'forgotten'
  | 'nothing-regained'
  | 'undecided'
  | 'untrustworthy'
  | 'nothing-lost';

/** Whether a model that never knew the facts turns the verdict round, as it must. */
export type ControlSays = 'flips' | 'does-not-flip' | 'unclear' | 'absent';

/** One repair's evidence and what follows from it. */
export interface RepairDisplacement {
  readonly arm: ArmId;
  readonly unseen: ArmRecovery;
  /** Of the facts that it was tuned on; null where none were asked. */
  readonly seen: ArmRecovery | null;
  /** Of the same kind of repair on the control model; null without one. */
  readonly control: ArmRecovery | null;
  readonly kind: DisplacementKind;
  readonly controlSays: ControlSays;
}

export interface JudgedRepairs {
  /** Over all repairs: one that brings unseen facts back is enough to show that they were there. */
  readonly kind: DisplacementKind;
  readonly repairs: readonly RepairDisplacement[];
}

/** Repairs that the control model gets: one that only prompts, and one that adds to the weights. */
export type ControlRepair = 'prompt' | 'lora';

/** The same repairs on a model that was never told the facts it is asked. */
export interface ControlResult {
  readonly weightsHash: string;
  /** Held-out facts that it never knew. */
  readonly questions: number;
  /** On those facts: the original, the control, and the control repaired. */
  readonly accuracy: Readonly<Record<'original' | 'compressed' | ControlRepair, Estimate>>;
  /** Judged as if the control were any compressed model. */
  readonly repairs: readonly {
    readonly arm: ControlRepair;
    readonly unseen: ArmRecovery;
    readonly seen: ArmRecovery;
    readonly kind: DisplacementKind;
  }[];
}

/** Forgotten or displaced? */
export interface Displacement {
  readonly words: string;
  readonly overall: JudgedRepairs;
  readonly tasks: Readonly<Record<string, JudgedRepairs>>;
  /** Coverage of each task's interval: together they hold with 95%. */
  readonly taskLevel: number;
  /** Accuracy by arm on the facts that were tuned on. */
  readonly seen: Readonly<Partial<Record<ArmId, Estimate>>>;
  readonly control: ControlResult | null;
}

/** How alike an arm and the original work inside, by block: cosines in [−1, 1], 1 = the same. */
export interface ArmSimilarity {
  readonly arm: ArmId;
  /** From the first block to the last. */
  readonly attention: readonly number[];
  readonly activation: readonly number[];
}

/** One original block put back into the compressed model. */
export interface RestoredBlock {
  readonly layer: number;
  readonly mean: Estimate;
  readonly recovery: ArmRecovery;
}

/** Which prompt of the bank was chosen for which task. */
export interface Choices {
  readonly prompts: readonly string[];
  readonly tasks: readonly {
    readonly task: string;
    /** Inputs by prompt. */
    readonly counts: readonly number[];
    /** The prompt that was tuned on this task; null where prompts are not tuned by task. */
    readonly own: number | null;
  }[];
  /** Share of inputs that got the prompt of their own task, and what choosing by lot would give. */
  readonly own: { readonly share: number; readonly byLot: number } | null;
}

/** One prompt of the bank in front of every input. */
export interface PromptAlone {
  readonly name: string;
  readonly tokens: number;
  readonly mean: Estimate;
  readonly recovery: ArmRecovery;
}

/** What was found out about a run beside its comparison. */
export interface RunAnalysis {
  /** Null where the recipe did not ask. */
  readonly displaced: Displacement | null;
  readonly similarity: readonly ArmSimilarity[] | null;
  readonly restored: readonly RestoredBlock[] | null;
  readonly choices: Choices;
  /** In the bank's order; of a bank by length this is the sweep. */
  readonly prompts: readonly PromptAlone[];
}

/** What tasks are called, by the name that tables, files and recipes know them by. */
export type TaskTitles = Readonly<Record<string, string>>;

export interface RunResults {
  readonly arms: readonly ArmResult[];
  /** Absent from runs of earlier versions. */
  readonly taskTitles?: TaskTitles;
  /** Every pair of arms; absent from runs of earlier versions. */
  readonly comparisons?: readonly ArmComparison[];
  /** IDP and its controls. */
  readonly selectors?: readonly SelectorResult[];
  /** Absent from runs of earlier versions. */
  readonly analysis?: RunAnalysis;
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

import { z } from 'zod';
import type { Recipe } from '../recipe.ts';
import type { ArmResult, Estimate, Interval } from '../results.ts';
import { byId, type ErrorReport, id, notes, path, tags, title } from './common.ts';
import { call, stream } from './procedure.ts';

export interface BankSummary {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly notes: string;
  readonly createdAt: number;
  readonly deletedAt: number | null;
  /** Null for an imported or merged bank, and once its run is gone. */
  readonly runId: string | null;
  readonly seed: number | null;
  readonly origin: 'run' | 'imported' | 'merged' | 'split' | 'renamed' | 'quantized' | 'pruned';
  readonly hash: string;
  /** Hash of the weights that the prompts were tuned on. */
  readonly modelHash: string;
  /** As the recipe names it, for people. */
  readonly model: string;
  readonly prompts: readonly {
    readonly name: string;
    readonly tokens: number;
    readonly hash: string;
    /** Per number, of a quantised prompt. */
    readonly bits?: number;
  }[];
  /** Of its PEFT folders. */
  readonly bytes: number;
  /** What its own run, or the last that it was compared on, measured; null when nothing did. */
  readonly results: {
    readonly runId: string;
    readonly original: number;
    readonly compressed: number;
    readonly repaired: number;
  } | null;
}

export interface BankDetail extends BankSummary {
  readonly recipe: Recipe | null;
  readonly arms: readonly ArmResult[];
}

/** Bytes of a bank's numbers in one file, as it is and quantised. */
export interface BankSizes {
  readonly bytes: number;
  readonly quantized: readonly {
    readonly bits: number;
    readonly bytes: number;
    /** √(Σ(change)² ÷ Σ(number)²) over all prompts. */
    readonly error: number;
  }[];
}

/** One prompt of a smaller bank; tokens before and after. */
export interface ShrunkPrompt {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Share of the importance of all its tokens that is kept; null where nothing was pruned. */
  readonly kept: number | null;
}

/** Mean accuracy of a bank and of the smaller one, on the same inputs. */
export interface BankCost {
  readonly run: { readonly id: string; readonly name: string };
  readonly before: Estimate;
  readonly after: Estimate;
  /** After minus before. */
  readonly difference: { readonly value: number; readonly interval: Interval };
}

/** A smaller bank that nobody has kept yet. */
export interface BankTrial {
  readonly hash: string;
  readonly prompts: readonly ShrunkPrompt[];
  /** Of its numbers in one file. */
  readonly bytes: { readonly before: number; readonly after: number };
  /** Null without a run to measure it on. */
  readonly cost: BankCost | null;
}

/** While a smaller bank is made and measured. */
export type BankTrialEvent =
  | { readonly kind: 'progress' /** In [0, 1]. */; readonly share: number }
  | { readonly kind: 'done'; readonly trial: BankTrial };

/** How a bank is made smaller: fewer bits per number, or fewer tokens per prompt. */
const smaller = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('quantize'), bits: z.literal([8, 4]) }),
  z.strictObject({ by: z.literal('prune'), keep: z.int().min(1).max(4096) }),
]);
export type Smaller = z.infer<typeof smaller>;

/** A finished run on whose compressed model a bank can answer. */
export interface BankRun {
  readonly id: string;
  readonly name: string;
  /** Its arms already answer with this bank: its own one, or one that was compared with it. */
  readonly compared: boolean;
}

export const BANK_FORMATS = ['peft', 'json', 'file'] as const;
export type BankFormat = (typeof BANK_FORMATS)[number];

export interface ExportedBank {
  /** The file or folder on the machine that computes. */
  readonly path: string;
  readonly bytes: number;
  /** The file itself, where it is one and small enough to hand to the screen (base64). */
  readonly file: { readonly name: string; readonly type: string; readonly base64: string } | null;
}

/** What an import found; nothing is written before it is asked for. */
export interface BankCheck {
  readonly ok: boolean;
  readonly problems: readonly ErrorReport[];
  readonly name: string | null;
  readonly hash: string | null;
  readonly modelHash: string | null;
  readonly prompts: readonly { readonly name: string; readonly tokens: number }[];
  /** Runs whose compressed model it was made for. */
  readonly fitsRuns: readonly string[];
}

/** A bank on the machine that computes, or the bytes of a single-file one. */
const bankSource = z.union([
  z.strictObject({ path }),
  z.strictObject({ name: z.string().min(1).max(255), base64: z.base64().max(48 * 2 ** 20) }),
]);
export type BankSource = z.infer<typeof bankSource>;

export const bankProcedures = {
  'banks.list': call<readonly BankSummary[]>()(z.strictObject({ deleted: z.boolean().optional() })),
  'banks.show': call<BankDetail>()(byId),
  'banks.rename': call<BankSummary>()(z.strictObject({ id, name: title })),
  'banks.tag': call<BankSummary>()(z.strictObject({ id, tags })),
  'banks.notes': call<BankSummary>()(z.strictObject({ id, notes })),
  'banks.merge': call<BankSummary>()(
    z.strictObject({ ids: z.array(id).min(2).max(16), name: title }),
  ),
  'banks.runs': call<readonly BankRun[]>()(byId),
  'banks.sizes': call<BankSizes>()(byId),
  /** A new bank of some of a bank's prompts. */
  'banks.split': call<BankSummary>()(
    z.strictObject({ id, prompts: z.array(z.string().min(1)).min(1).max(256), name: title }),
  ),
  /** A new bank of the same prompts, some under other names: `prompts` has them by those so far. */
  'banks.renamePrompts': call<BankSummary>()(
    z.strictObject({ id, prompts: z.record(z.string(), z.string().max(4096)), name: title }),
  ),
  /** Makes a bank smaller on trial, and measures on a run's inputs what that costs. */
  'banks.shrink': stream<BankTrialEvent>()(z.strictObject({ id, runId: id.optional(), smaller })),
  /** Keeps what was tried last, if it is what `hash` says, as a bank of its own. */
  'banks.keep': call<BankSummary>()(
    z.strictObject({ id, hash: z.string(), by: z.enum(['quantize', 'prune']), name: title }),
  ),
  'banks.delete': call<BankSummary>()(byId),
  'banks.restore': call<BankSummary>()(byId),
  'banks.export': call<ExportedBank>()(z.strictObject({ id, format: z.enum(BANK_FORMATS) })),
  'banks.check': call<BankCheck>()(z.strictObject({ source: bankSource })),
  'banks.import': call<BankSummary>()(
    z.strictObject({ source: bankSource, name: title.optional() }),
  ),
} as const;

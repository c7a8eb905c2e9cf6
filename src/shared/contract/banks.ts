import { z } from 'zod';
import type { Recipe } from '../recipe.ts';
import type { ArmResult } from '../results.ts';
import { byId, type ErrorReport, id, notes, path, tags, title } from './common.ts';
import { call } from './procedure.ts';

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
  readonly origin: 'run' | 'imported' | 'merged' | 'quantized';
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
  /** A new bank with every virtual token in whole numbers of `bits` bits and a scale. */
  'banks.quantize': call<BankSummary>()(
    z.strictObject({ id, bits: z.literal([8, 4]), name: title }),
  ),
  'banks.delete': call<BankSummary>()(byId),
  'banks.restore': call<BankSummary>()(byId),
  'banks.export': call<ExportedBank>()(z.strictObject({ id, format: z.enum(BANK_FORMATS) })),
  'banks.check': call<BankCheck>()(z.strictObject({ source: bankSource })),
  'banks.import': call<BankSummary>()(
    z.strictObject({ source: bankSource, name: title.optional() }),
  ),
} as const;

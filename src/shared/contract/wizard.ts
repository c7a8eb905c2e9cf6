import { z } from 'zod';
import type { ModelLimits } from '../model-limits.ts';
import type { PresetName } from '../presets.ts';
import { type Recipe, recipeSchema } from '../recipe.ts';
import { type ErrorReport, nothing, path } from './common.ts';
import { call } from './procedure.ts';

export interface MemoryItem {
  readonly name: string;
  readonly bytes: number;
}

export type Fit = 'fits' | 'tight' | 'wont-fit';

/** Bytes needed against bytes there are, itemised; every number is finite. */
export interface Need {
  readonly fit: Fit;
  readonly total: number;
  readonly available: number;
  readonly items: readonly MemoryItem[];
}

/** What a run will take on this machine. */
export interface RunEstimate {
  readonly memory: Need;
  readonly disk: Need;
  readonly time: {
    readonly seconds: number;
    readonly items: readonly { readonly name: string; readonly seconds: number }[];
    /** "measured" scales an earlier run on this machine; "guessed" assumes an ordinary processor. */
    readonly from: 'measured' | 'guessed';
  };
  /** Bytes of the weights now, and of the compressed model on disk and in memory. */
  readonly size: {
    readonly original: number;
    readonly compressedDisk: number;
    readonly compressedMemory: number;
  };
  /** Why the model cannot take the recipe; null when it can. */
  readonly refusal: ErrorReport | null;
}

export interface PresetInfo {
  readonly name: PresetName;
  readonly recipe: Recipe;
  readonly estimate: RunEstimate;
}

/** A folder that was checked and can be repaired. */
export interface ModelInfo extends ModelLimits {
  /** "starter" or the folder: what a recipe's `model` says. */
  readonly model: string;
  readonly name: string;
  readonly architecture: string;
  readonly bytes: number;
  readonly hiddenSize: number;
  readonly vocabulary: number;
  /** Already compressed, so it can only be tuned. */
  readonly quantized: boolean;
}

export interface FolderListing {
  readonly path: string;
  /** Null at a root. */
  readonly parent: string | null;
  readonly folders: readonly {
    readonly name: string;
    readonly path: string;
    /** Holds a config.json and safetensors. */
    readonly isModel: boolean;
  }[];
}

export interface TaskInfo {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: 'choice' | 'cloze' | 'generation';
  readonly train: number;
  readonly heldout: number;
  readonly example: { readonly context: string; readonly answer: string };
}

export interface DataPreview {
  readonly name: string;
  /** Text to calibrate or tune on, or questions to measure with; the first row tells. */
  readonly kind: 'text' | 'questions';
  /** Where the host keeps it: what a recipe may name. */
  readonly path: string;
  /** Examples understood; null of rows of text, of which only the first are read. */
  readonly total: number | null;
  /** The first of them, at most 50. */
  readonly rows: readonly {
    readonly line: number;
    readonly context: string;
    readonly answer: string;
  }[];
  /** Lines not understood, at most 50; a file with any cannot be used. */
  readonly errors: readonly { readonly line: number | null; readonly message: string }[];
}

export const wizardProcedures = {
  /** Fails with what is wrong with the folder. */
  'models.check': call<ModelInfo>()(z.strictObject({ path })),
  /** Folders of the machine that computes; without a path, the user's own. */
  'models.browse': call<FolderListing>()(z.strictObject({ path: path.optional() })),
  'data.preview': call<DataPreview>()(
    z.union([
      z.strictObject({ path }),
      z.strictObject({
        name: z.string().min(1).max(255),
        content: z.string().max(32 * 2 ** 20),
      }),
    ]),
  ),
  'tasks.list': call<readonly TaskInfo[]>()(nothing),
  /** What each preset, fitted to this model ("starter" by default), costs. */
  'presets.list': call<readonly PresetInfo[]>()(z.strictObject({ model: path.optional() })),
  'estimate.run': call<RunEstimate>()(z.strictObject({ recipe: recipeSchema })),
} as const;

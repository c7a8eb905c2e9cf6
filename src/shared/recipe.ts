import { z } from 'zod';
import { compressionSchema } from './compression.ts';
import { KintsugiError } from './errors.ts';

/** Where programs run; `auto` is the fastest that agrees with the CPU. */
export const DEVICES = ['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow', 'eager'] as const;
export type Device = (typeof DEVICES)[number];

const count = (max: number) => z.int().min(1).max(max);
const learningRate = z.number().positive().max(10);

const lora = z.strictObject({
  rank: count(1024),
  alpha: z.number().positive().max(4096),
  /** Share of the adapters' inputs that is dropped in a step. */
  dropout: z.number().min(0).max(0.99).default(0),
  /** Scale alpha / √rank instead of alpha / rank. */
  rankStabilized: z.boolean().default(false),
  /** Last components of the adapted modules' names; "default" are the family's, "all-linear" all. */
  targets: z.array(z.string().min(1)).min(1),
  learningRate,
  steps: count(10_000_000),
});

const tuning = z.strictObject({
  /** Virtual tokens per prompt. */
  tokens: count(4096),
  /** "vocabulary" samples rows of the embedding; "text:…" repeats the rows of a text. */
  init: z.union([z.literal('vocabulary'), z.string().regex(/^text:./s)]),
  learningRate,
  /** Per prompt. */
  steps: count(10_000_000),
  /** Inputs per step. */
  batch: count(65_536),
  /** Steps of linear warm-up, before the linear decay to 0. */
  warmup: z.int().min(0).max(10_000_000),
  /** Largest norm of the gradient. */
  clip: z.number().positive(),
  weightDecay: z.number().min(0).max(1),
  bank: z.strictObject({
    /**
     * What a prompt of the bank is tuned on: groups of tasks, or clusters of the inputs. By length
     * or seeds all prompts are tuned on everything, and differ in their tokens or their start.
     */
    by: z.enum(['family', 'clusters', 'length', 'seeds']),
    count: count(256),
    /** All prompts in one pass over batches that hold inputs of each. */
    joint: z.boolean().default(false),
  }),
  lora,
});

const selector = z.strictObject({
  kind: z.literal('idp'),
  /** Block whose attention decides, from 0; negative counts from the last. */
  layer: z.int().min(-1000).max(1000),
});

const evaluation = z.strictObject({
  /**
   * Names of starter tasks or of benchmarks such as "arc_easy", or paths of files with questions;
   * "all" is every starter task.
   */
  tasks: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]),
  /** Folder that holds the benchmarks' datasets as the hub has them; by default the hub's cache. */
  dataDir: z.string().min(1).optional(),
  /** Held-out inputs per task, at most. */
  itemsPerTask: count(1_000_000),
  /** Held-out tokens for perplexity; 0 leaves it out. */
  textTokens: z.int().min(0).max(100_000_000),
  /** Resamples behind every interval. */
  bootstrap: z.int().min(100).max(1_000_000),
});

export const recipeSchema = z.strictObject({
  version: z.literal(1),
  /** "starter" or a folder in Hugging Face layout. */
  model: z.string().min(1),
  compression: compressionSchema,
  tuning,
  selector,
  evaluation,
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  /** Tuning is repeated with seed, seed + 1, …; intervals then cover the seeds too. */
  repeats: count(100),
  device: z.enum(DEVICES),
  /** CPU threads; 0 is all cores. */
  threads: z.int().min(0).max(1024),
});

export type Recipe = z.infer<typeof recipeSchema>;

/** The seeds with which the recipe tunes. */
export function recipeSeeds(recipe: Recipe): number[] {
  return Array.from({ length: recipe.repeats }, (_, i) => recipe.seed + i);
}

/**
 * Checks a recipe read from outside; every key must be known.
 * @throws KintsugiError RECIPE_INVALID, naming the first field at fault
 */
export function parseRecipe(value: unknown, file?: string): Recipe {
  const parsed = recipeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { field, message } = describeIssue(parsed.error.issues[0]!);
  throw new KintsugiError('RECIPE_INVALID', `The recipe is not valid: ${message}.`, {
    next: 'Correct that field; "kintsugi repair --preset quick --print-recipe" shows a complete recipe.',
    field,
    ...(file === undefined ? {} : { file }),
  });
}

function describeIssue(issue: z.core.$ZodIssue): { field: string; message: string } {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0]!].join('.');
    return { field, message: `"${field}" is not a field of a recipe` };
  }
  const field = at === '' ? 'recipe' : at;
  const detail = issue.message.replace(/^Invalid input: /, '');
  return { field, message: `"${field}" ${detail}` };
}

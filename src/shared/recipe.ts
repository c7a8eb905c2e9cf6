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

const tuningFields = z.strictObject({
  /**
   * The tuning half of the tasks; or a file or dataset of text, of which every token is learned, or
   * of questions with answers: "starter" (its calibration text), FOLDER or hub:org/name, with
   * [:config][:split] behind.
   */
  data: z
    .union([z.literal('tasks'), z.strictObject({ source: z.string().min(1) })])
    .default('tasks'),
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
    /** "auto" is the number of clusters with the best silhouette. */
    count: z.union([count(256), z.literal('auto')]),
    /** Steps of one prompt on everything first, from which those by family or clusters go on. */
    warmStart: z.int().min(0).max(10_000_000).default(0),
    /** All prompts in one pass over batches that hold inputs of each. */
    joint: z.boolean().default(false),
    /**
     * In one pass, how much prompts also learn to be attended to by their own inputs, at the block
     * of an IDP selector. 0 leaves attention as it comes.
     */
    routing: z.number().min(0).max(100).default(0),
  }),
  lora,
  /** Adapters of other ranks, each as an arm of its own. */
  furtherLoras: z.array(lora).max(8).default([]),
  /** Keys and values learned for every block, as an arm of its own. */
  prefix: z
    .strictObject({ tokens: count(4096), learningRate, steps: count(10_000_000) })
    .nullable()
    .default(null),
  /** The bank with an adapter of `lora`'s shape, tuned as one, as an arm of its own. */
  together: z
    .strictObject({ learningRate, steps: count(10_000_000) })
    .nullable()
    .default(null),
});

/** Arms go by their rank. */
const distinctRanks = (
  { lora, furtherLoras }: z.infer<typeof tuningFields>,
  context: z.RefinementCtx,
): void => {
  const ranks = [lora, ...furtherLoras].map(({ rank }) => rank);
  const twice = ranks.findIndex((rank, i) => ranks.indexOf(rank) < i);
  if (twice > 0)
    context.addIssue({
      code: 'custom',
      path: ['furtherLoras', twice - 1, 'rank'],
      message: `is ${ranks[twice]} like another's; every adapter of a run has a rank of its own`,
    });
};

const tuning = tuningFields.superRefine(distinctRanks);

/** Block whose attention decides, from 0; negative counts from the last. */
const layer = z.int().min(-1000).max(1000);

const selector = z.discriminatedUnion('kind', [
  /** The prompt that the input attends to most. */
  z.strictObject({ kind: z.literal('idp'), layer }),
  /** The same, against the attention that tuning inputs pay each prompt. */
  z.strictObject({ kind: z.literal('idp-calibrated'), layer }),
  /** The prompt whose key is most like the input. */
  z.strictObject({ kind: z.literal('key'), keys: z.enum(['prompts', 'centroids', 'learned']) }),
  /** A linear classifier on the input's mean embedding. */
  z.strictObject({ kind: z.literal('classifier') }),
  /** A learned soft mixture of all prompts (ATTEMPT). */
  z.strictObject({ kind: z.literal('mixture'), rank: count(1024) }),
  /** One prompt for all inputs, the best on validation facts. */
  z.strictObject({ kind: z.literal('fixed') }),
  /** By lot. */
  z.strictObject({ kind: z.literal('random') }),
]);

/** Answers are kept by the selector's name. */
const distinctSelectors = (
  selectors: readonly z.infer<typeof selector>[],
  context: z.RefinementCtx,
): void => {
  const names = selectors.map(selectorName);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice > 0)
    context.addIssue({ code: 'custom', path: [twice], message: `is "${names[twice]}" once more` });
};

/** How a recipe asks for a selector; what it must learn follows from the tuning data. */
export type SelectorRecipe = z.infer<typeof selector>;

/** What tells a selector from the others of a comparison, in one short term. */
export function selectorName(wanted: SelectorRecipe): string {
  switch (wanted.kind) {
    case 'idp':
      return `IDP, block ${wanted.layer}`;
    case 'idp-calibrated':
      return `calibrated IDP, block ${wanted.layer}`;
    case 'key':
      return KEY_NAMES[wanted.keys];
    case 'classifier':
      return 'classifier';
    case 'mixture':
      return `soft mixture, rank ${wanted.rank}`;
    case 'fixed':
      return 'best prompt on validation';
    case 'random':
      return 'by lot';
  }
}

const KEY_NAMES = {
  prompts: 'nearest prompt',
  centroids: 'nearest centroid',
  learned: 'nearest learned key',
} as const;

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

const analysis = z.strictObject({
  /** Are lost facts forgotten or displaced? Tuned facts are asked too and, of the starter, a control model. */
  displaced: z.boolean(),
  /** Attention and activations by block, on this many held-out inputs. */
  similarity: z.strictObject({ inputs: count(10_000) }).nullable(),
  /** Original blocks put back one at a time, with this many held-out inputs per task. */
  restore: z.strictObject({ itemsPerTask: count(1_000_000) }).nullable(),
});

export const recipeSchema = z.strictObject({
  version: z.literal(1),
  /** "starter" or a folder in Hugging Face layout. */
  model: z.string().min(1),
  compression: compressionSchema,
  tuning,
  /** Of the bank's arm. */
  selector,
  /** Others that the same bank is also tried with. */
  selectors: z.array(selector).max(32).superRefine(distinctSelectors).default([]),
  evaluation,
  /** What is found out beside the comparison; null leaves it out. */
  analysis: analysis.nullable().default(null),
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

/** Clusters that are tried, at most, to find the best number of them. */
export const MOST_CLUSTERS = 12;

/** Prompts that the recipe's bank can come to hold. */
export const mostPrompts = ({ tuning: { bank } }: Recipe): number =>
  bank.count === 'auto' ? MOST_CLUSTERS : bank.count;

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
  const { field, message } = firstFault(parsed.error, 'recipe');
  throw new KintsugiError('RECIPE_INVALID', `The recipe is not valid: ${message}.`, {
    next: 'Correct that field; "kintsugi repair --preset quick --print-recipe" shows a complete recipe.',
    field,
    ...(file === undefined ? {} : { file }),
  });
}

/** The first of a schema's complaints, in plain words; `whole` names what has no field. */
export function firstFault(
  error: z.ZodError,
  whole: string,
  within: readonly string[] = [],
): { readonly field: string; readonly message: string } {
  const issue = error.issues[0]!;
  const path = [...within, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const field = [...path, issue.keys[0]!].join('.');
    return { field, message: `"${field}" is not a field of a ${whole}` };
  }
  const field = path.length === 0 ? whole : path.join('.');
  return { field, message: `"${field}" ${issue.message.replace(/^Invalid input: /, '')}` };
}

/** The runs of the study, in a run database of their own: cut off, each goes on where it was. */
import { createRepair, runRepair } from '../../src/main/compute/repair.ts';
import type { Store } from '../../src/main/db/open.ts';
import { listRuns, type Run, updateRun } from '../../src/main/db/runs.ts';
import type { Bits, Compression } from '../../src/shared/compression.ts';
import { PRESETS } from '../../src/shared/presets.ts';
import { type Recipe, recipeSchema } from '../../src/shared/recipe.ts';

const { quick } = PRESETS;
const calibration = { source: 'starter', samples: 128, length: 256 };
const gptq = (bits: Bits, groupSize: number): Compression => ({
  ...quick.compression,
  calibration,
  bits,
  groupSize,
});
const sparsegpt = (sparsity: number): Compression => ({
  method: 'sparsegpt',
  quantization: null,
  damping: 0.01,
  calibration,
  sparsity,
});

/** Steps of a prompt of the bank; the single prompt has as many as all of them together. */
const STEPS = 200;
const PROMPTS = 3;
/** Of the starter. */
const TASKS = 9;

const adapter = (rank: number): Recipe['tuning']['lora'] => ({
  ...quick.tuning.lora,
  rank,
  alpha: 2 * rank,
  steps: 2 * STEPS,
});

/**
 * Prompts of 20 tokens as in the paper, whose bank was tuned on one text: here too every prompt
 * reads everything, and they differ in where they start. The log has the rates that were tried.
 */
const comparison = (compression: Compression): Recipe => ({
  ...quick,
  compression,
  tuning: {
    ...quick.tuning,
    tokens: 20,
    learningRate: 0.03,
    steps: STEPS,
    warmup: STEPS / 10,
    bank: { by: 'seeds', count: PROMPTS, warmStart: 0, joint: false, routing: 0 },
    lora: adapter(4),
    furtherLoras: [adapter(1), adapter(16)],
    prefix: { tokens: 20, learningRate: 0.01, steps: 2 * STEPS },
  },
  selector: { kind: 'idp', layer: 0 },
  selectors: [
    { kind: 'idp', layer: -1 },
    { kind: 'key', keys: 'centroids' },
    { kind: 'classifier' },
    { kind: 'fixed' },
  ],
  repeats: 3,
});

/** The same prompts and LoRA of rank 4, with one seed: a further point of the curve. */
function point(compression: Compression): Recipe {
  const { tuning, ...rest } = comparison(compression);
  return {
    ...rest,
    tuning: { ...tuning, furtherLoras: [], prefix: null },
    selectors: [],
    repeats: 1,
  };
}

/** A prompt per task, all in one pass over batches of 8 for each: inputs read are as many as above. */
function families(compression: Compression): Recipe {
  const recipe = comparison(compression);
  const steps = (STEPS * PROMPTS * recipe.tuning.batch) / (TASKS * 8);
  return {
    ...recipe,
    tuning: {
      ...recipe.tuning,
      steps: Math.round(steps),
      warmup: Math.round(steps / 10),
      batch: 8,
      bank: { by: 'family', count: TASKS, warmStart: 0, joint: true, routing: 0 },
      lora: { ...adapter(4), steps: 4 * STEPS },
      furtherLoras: [],
      prefix: null,
    },
    selector: { kind: 'classifier' },
    selectors: [{ kind: 'idp', layer: 0 }, { kind: 'key', keys: 'learned' }, { kind: 'fixed' }],
  };
}

/** Half of those inputs teach one prompt, and each task's prompt goes on from it in turn. */
function warmFamilies(compression: Compression): Recipe {
  const recipe = families(compression);
  const { tuning } = recipe;
  const { steps, bank } = tuning;
  const half = Math.round(steps / 2);
  return {
    ...recipe,
    tuning: {
      ...tuning,
      steps: half,
      warmup: Math.round(half / 10),
      bank: { ...bank, joint: false, warmStart: TASKS * (steps - half) },
    },
  };
}

/** The control is compressed, tuned and asked alongside. */
const displaced = (compression: Compression): Recipe => ({
  ...point(compression),
  analysis: { displaced: true, similarity: null, restore: null },
});

/** What a run of the study is for: a section of its own, or a point of the curve, or a claim. */
export type Part = 'comparison' | 'families' | 'displaced' | 'point';

export interface StudyPlan {
  readonly part: Part;
  readonly name: string;
  readonly recipe: Recipe;
}

/** A plan that was worked through. */
export interface StudyRun extends StudyPlan {
  readonly run: Run;
}

/** The most telling first. */
export const PLANS: readonly StudyPlan[] = [
  { part: 'comparison', name: 'GPTQ, 2 bits, groups of 64', recipe: comparison(gptq(2, 64)) },
  { part: 'comparison', name: 'SparseGPT, 70% zeros', recipe: comparison(sparsegpt(0.7)) },
  { part: 'comparison', name: 'SparseGPT, 50% zeros', recipe: comparison(sparsegpt(0.5)) },
  { part: 'comparison', name: 'GPTQ, 3 bits, one group per row', recipe: comparison(gptq(3, -1)) },
  { part: 'families', name: 'GPTQ, 2 bits, a prompt per task', recipe: families(gptq(2, 64)) },
  { part: 'displaced', name: 'GPTQ, 2 bits, with the control', recipe: displaced(gptq(2, 64)) },
  { part: 'point', name: 'SparseGPT, 60% zeros', recipe: point(sparsegpt(0.6)) },
  { part: 'point', name: 'SparseGPT, 55% zeros', recipe: point(sparsegpt(0.55)) },
  { part: 'point', name: 'SparseGPT, 65% zeros', recipe: point(sparsegpt(0.65)) },
  {
    part: 'families',
    name: 'SparseGPT, 70% zeros, a prompt per task',
    recipe: families(sparsegpt(0.7)),
  },
  {
    part: 'families',
    name: 'GPTQ, 2 bits, a prompt per task from one on everything',
    recipe: warmFamilies(gptq(2, 64)),
  },
];

const NEVER = new AbortController().signal;

/** The plan's run, worked through from wherever it stands. */
export async function studyRun(store: Store, home: string, plan: StudyPlan): Promise<Run> {
  const run = (await findStudyRun(store, plan)) ?? (await newRun(store, home, plan));
  if (run.status !== 'done') {
    console.log(`${new Date().toTimeString().slice(0, 8)} ${plan.name}: ${run.id}`);
    await runRepair(store, run, {
      signal: NEVER,
      force: false,
      onEvent(event) {
        if (event.kind === 'stage-done')
          console.log(`  ${event.stage}, ${event.seconds.toFixed(0)} s`);
      },
    });
  }
  return (await findStudyRun(store, plan))!;
}

/** With what a recipe of before leaves to its default; empty for one that is no recipe any more. */
function canonical(recipe: unknown): string {
  const parsed = recipeSchema.safeParse(recipe);
  return parsed.success ? JSON.stringify(parsed.data) : '';
}

/** Made with the recipe as it is now. */
export async function findStudyRun(store: Store, plan: StudyPlan): Promise<Run | undefined> {
  const recipe = canonical(plan.recipe);
  const runs = await listRuns(store.db);
  return runs.find((run) => run.name === plan.name && canonical(run.recipe) === recipe);
}

async function newRun(store: Store, home: string, { name, recipe }: StudyPlan): Promise<Run> {
  const run = await createRepair(store, { recipe, home, out: undefined });
  await updateRun(store.db, run.id, { name });
  return { ...run, name };
}

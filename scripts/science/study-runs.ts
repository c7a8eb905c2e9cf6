/** The runs of the study, in a run database of their own: cut off, each goes on where it was. */
import { createRepair, runRepair } from '../../src/main/compute/repair.ts';
import type { Store } from '../../src/main/db/open.ts';
import { listRuns, type Run, updateRun } from '../../src/main/db/runs.ts';
import type { Compression } from '../../src/shared/compression.ts';
import { PRESETS } from '../../src/shared/presets.ts';
import { type Recipe, recipeSchema } from '../../src/shared/recipe.ts';

const { quick } = PRESETS;
const calibration = { source: 'starter', samples: 128, length: 256 };
const gptq = { ...quick.compression, calibration };
const sparsegpt = { method: 'sparsegpt', quantization: null, damping: 0.01, calibration } as const;

/** By name, the most telling first. */
export const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map<string, Compression>([
  ['GPTQ, 2 bits, groups of 64', { ...gptq, bits: 2, groupSize: 64 }],
  ['SparseGPT, 70% zeros', { ...sparsegpt, sparsity: 0.7 }],
  ['SparseGPT, 50% zeros', { ...sparsegpt, sparsity: 0.5 }],
  ['GPTQ, 3 bits, one group per row', { ...gptq, bits: 3, groupSize: -1 }],
]);

/** Steps of a prompt of the bank; the single prompt has as many as all of them together. */
const STEPS = 200;
const PROMPTS = 3;

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
const studyRecipe = (compression: Compression): Recipe => ({
  ...quick,
  compression,
  tuning: {
    ...quick.tuning,
    tokens: 20,
    learningRate: 0.03,
    steps: STEPS,
    warmup: STEPS / 10,
    bank: { by: 'seeds', count: PROMPTS, joint: false, routing: 0 },
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

const NEVER = new AbortController().signal;

/** The run of a compression, worked through from wherever it stands. */
export async function studyRun(store: Store, home: string, name: string): Promise<Run> {
  const recipe = studyRecipe(COMPRESSIONS.get(name)!);
  const run = (await findStudyRun(store, name)) ?? (await newRun(store, home, name, recipe));
  if (run.status !== 'done') {
    console.log(`${new Date().toTimeString().slice(0, 8)} ${name}: ${run.id}`);
    await runRepair(store, run, {
      signal: NEVER,
      force: false,
      onEvent(event) {
        if (event.kind === 'stage-done')
          console.log(`  ${event.stage}, ${event.seconds.toFixed(0)} s`);
      },
    });
  }
  return (await findStudyRun(store, name))!;
}

/** With what a recipe of before leaves to its default; empty for one that is no recipe any more. */
function canonical(recipe: unknown): string {
  const parsed = recipeSchema.safeParse(recipe);
  return parsed.success ? JSON.stringify(parsed.data) : '';
}

/** Made with the recipe as it is now. */
export async function findStudyRun(store: Store, name: string): Promise<Run | undefined> {
  const recipe = canonical(studyRecipe(COMPRESSIONS.get(name)!));
  const runs = await listRuns(store.db);
  return runs.find((run) => run.name === name && canonical(run.recipe) === recipe);
}

async function newRun(store: Store, home: string, name: string, recipe: Recipe): Promise<Run> {
  const run = await createRepair(store, { recipe, home, out: undefined });
  await updateRun(store.db, run.id, { name });
  return { ...run, name };
}

import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../../core/checkpoint/atomic.ts';
import { RUNTIME_FILE, RUNTIME_SEAL } from '../../core/checkpoint/folder.ts';
import type { Model } from '../../core/models/model.ts';
import { parseRecipe, type Recipe, recipeSeeds } from '../../shared/recipe.ts';
import { defaultRunName } from '../../shared/run-name.ts';
import type { Store } from '../db/open.ts';
import { createRun, listRuns, newRunId, type Run, updateRun } from '../db/runs.ts';
import { analyseStages } from './analyse-stages.ts';
import { checkCalibration, checkRecipeData, checkRecipeFits, inField } from './check-recipe.ts';
import { compressLoaded } from './compress-model.ts';
import { compressedTwin, linkFolder } from './compressed-twin.ts';
import { evaluateStages } from './evaluate-stages.ts';
import { estimateMemory, requireMemory } from './memory.ts';
import { makeFolder, refuseOccupied } from './output.ts';
import { executeRun, type RunOptions } from './runner.ts';
import { askStage } from './samples.ts';
import type { Stage } from './stage.ts';
import { summariseStage } from './summarise-stage.ts';
import { tuneStages } from './tune-stages.ts';
import { COMPRESSED, openWorkspace, type Workspace } from './workspace.ts';

export interface NewRepair {
  readonly recipe: Recipe;
  /** Data folder, for runs that are given no folder of their own. */
  readonly home: string;
  /** Must not exist or be empty. */
  readonly out: string | undefined;
  /** Without one it is told by what it does. */
  readonly name?: string;
  readonly sweep?: { readonly id: string; readonly position: number };
}

/**
 * Makes the run's folder, with the recipe in it, and its row.
 * @throws KintsugiError OUTPUT_UNWRITABLE
 */
export async function createRepair(
  store: Store,
  { recipe, home, out, name, ...rest }: NewRepair,
): Promise<Run> {
  const id = newRunId();
  const directory = resolve(out ?? join(home, 'runs', id));
  await refuseOccupied(directory);
  await makeFolder(directory);
  await writeFileAtomic(join(directory, 'recipe.json'), `${JSON.stringify(recipe, null, 2)}\n`);
  const run = { ...rest, id, kind: 'repair', recipe, seed: recipe.seed, directory } as const;
  return createRun(store.db, { ...run, name: name || (await freeName(store, recipe)) });
}

/** "Starter, GPTQ 2-bit", and from the second on "Starter, GPTQ 2-bit (2)". */
async function freeName({ db }: Store, recipe: Recipe): Promise<string> {
  const name = defaultRunName(recipe);
  const taken = new Set(
    [...(await listRuns(db)), ...(await listRuns(db, true))].map((run) => run.name),
  );
  if (!taken.has(name)) return name;
  for (let count = 2; ; count++) if (!taken.has(`${name} (${count})`)) return `${name} (${count})`;
}

const NEVER = new AbortController().signal;

/** Memory is checked against the estimate unless `force` is set. */
export interface RepairOptions extends RunOptions {
  readonly force: boolean;
  /** Once raised, tuning ends with what it has; what was not begun is left out of the comparison. */
  readonly finish?: AbortSignal;
}

/**
 * Works a repair through from wherever it stands: compress, tune, evaluate every arm, summarise.
 * Equal recipes give equal results; measured times are kept apart.
 * @throws as executeRun
 */
export async function runRepair(store: Store, run: Run, options: RepairOptions): Promise<void> {
  const recipe = parseRecipe(run.recipe);
  const workspace = openWorkspace(run.directory, recipe, run);
  const seeds = recipeSeeds(recipe);
  // What was asked for before a crash holds after it.
  const finish = run.finishEarly ? AbortSignal.abort() : (options.finish ?? NEVER);
  const tuning = { store, runId: run.id, workspace, finish };
  const stages = [
    prepareStage(store, run.id, workspace, options.force),
    compressStage(store, run, workspace, options.force),
    askStage(store, run.id, workspace),
    ...seeds.flatMap((seed) => tuneStages(tuning, seed)),
    ...evaluateStages(store, run.id, workspace, seeds),
    ...analyseStages(tuning),
    summariseStage(store, run.id, workspace, seeds),
  ];
  await executeRun(store, run, stages, options);
}

/** Refuses at once what could not work later, and notes what a resumed run must find again. */
function prepareStage(store: Store, runId: string, workspace: Workspace, force: boolean): Stage {
  return {
    name: 'prepare',
    async run() {
      const { model, checkpoint } = await workspace.original();
      await checkWorkable(model, workspace);
      if (!force) requireMemory(estimateMemory(model, workspace.recipe));
      const { device } = await workspace.engine();
      await updateRun(store.db, runId, { model_hash: checkpoint.hash, device });
    },
  };
}

/**
 * Refuses a recipe that could not be worked through.
 * @throws KintsugiError QUANTIZATION_INVALID, RECIPE_INVALID, DATA_INVALID naming the field
 */
export async function checkWorkable(
  model: Model,
  workspace: Pick<Workspace, 'recipe' | 'tasks' | 'examples'>,
): Promise<void> {
  const { recipe } = workspace;
  checkRecipeFits(model, recipe);
  await checkCalibration(recipe);
  const tasks = await inField('evaluation.tasks', workspace.tasks());
  checkRecipeData(recipe, tasks, await inField('tuning.data', workspace.examples()));
}

// A report of times, and what opening the model derives from the weights.
const UNHASHED = ['kintsugi.json', RUNTIME_FILE, RUNTIME_SEAL];

function compressStage(store: Store, run: Run, workspace: Workspace, force: boolean): Stage {
  const { compression, seed } = workspace.recipe;
  return {
    name: 'compress',
    artefact: COMPRESSED,
    unhashed: UNHASHED,
    async run({ scratch, signal, progress, metric, notice, remark }) {
      const out = join(workspace.directory, COMPRESSED);
      await rm(out, { recursive: true, force: true });
      const twin = await compressedTwin(store, run, workspace.recipe, UNHASHED);
      if (twin !== undefined) {
        await linkFolder(join(twin.directory, COMPRESSED), out);
        return remark(`the same as in ${twin.name || twin.id}`);
      }
      const engine = await workspace.engine();
      const to = { out, seed, partial: join(scratch, 'model') };
      await compressLoaded(await workspace.original(), engine, compression, to, {
        signal,
        ...(force ? { memory: Number.POSITIVE_INFINITY } : {}),
        onNotice: notice,
        onProgress({ done, share, layer, secondsLeft }) {
          metric(done, `${layer.module} error`, layer.error);
          progress(share, secondsLeft);
        },
      });
    },
  };
}

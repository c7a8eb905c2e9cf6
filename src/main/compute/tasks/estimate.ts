import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { workOf } from '../../../core/compress/work.ts';
import { type Task, tuningExamples } from '../../../core/evaluate/tasks.ts';
import { gridOf } from '../../../shared/compression.ts';
import type { ErrorReport } from '../../../shared/contract/common.ts';
import type { Fit, MemoryItem, Need, RunEstimate } from '../../../shared/contract/wizard.ts';
import { mostPrompts, type Recipe } from '../../../shared/recipe.ts';
import type { Store } from '../../db/open.ts';
import { readResults } from '../../db/results.ts';
import { listRuns } from '../../db/runs.ts';
import { reportError } from '../../report-error.ts';
import { checkCalibration, checkRecipeData, checkRecipeFits } from '../check-recipe.ts';
import { hasControl } from '../control-stages.ts';
import { calibrationFiles } from '../data-source.ts';
import type { LoadedModel } from '../load-model.ts';
import { estimateMemory } from '../memory.ts';
import { blockShapes, linearShapes, parameterCount } from '../model-shape.ts';
import { recipeTasks } from '../named-tasks.ts';
import { inspectModel } from './models.ts';
import type { TaskContext } from './task.ts';

/** Floating-point operations a second that a core of an ordinary processor reaches in our graphs. */
const GUESSED_SPEED = 40e9;
/** Further cores no longer help graphs of this size. */
const MOST_CORES = 8;
/** Seconds to open a model and compile its graphs, per stage. */
const STAGE_SECONDS = 1.5;
/** Tokens of a task's input with one choice, about. */
const INPUT_TOKENS = 24;
const TRIED_PROMPTS = 2;
/** Above this share of what there is, it is tight. */
const TIGHT = 0.75;

interface Shape {
  readonly parameters: number;
  readonly blocks: ReturnType<typeof blockShapes>;
  /** Weights of the layers that are compressed. */
  readonly linear: number;
  readonly columns: number;
}

/** What the recipe will take on this machine: memory, disk, time. */
async function run(
  { recipe }: { readonly recipe: Recipe },
  { home, store }: TaskContext,
): Promise<RunEstimate> {
  const { loaded, info } = await inspectModel(recipe.model);
  const shape = shapeOf(loaded);
  const size = sizes(recipe, shape, info.bytes);
  const tasks = await recipeTasks(recipe.evaluation);
  return {
    memory: need(memoryItems(loaded, recipe), process.availableMemory()),
    disk: need(diskItems(recipe, size.compressedDisk), await freeDisk(home)),
    time: await time(store, recipe, shape, tasks),
    size,
    refusal: await refusal(loaded, recipe, tasks),
  };
}

/** Told rather than thrown: the wizard shows what there is to change beside what it would cost. */
async function refusal(
  { model }: LoadedModel,
  recipe: Recipe,
  tasks: readonly Task[],
): Promise<ErrorReport | null> {
  try {
    checkRecipeFits(model, recipe);
    await checkCalibration(recipe);
    // Files to tune on are found here, and read by the run.
    const { data } = recipe.tuning;
    if (data === 'tasks') checkRecipeData(recipe, tasks, tasks.flatMap(tuningExamples));
    else await calibrationFiles(data.source);
    return null;
  } catch (error) {
    return reportError(error);
  }
}

function shapeOf({ model }: LoadedModel): Shape {
  const linears = linearShapes(model);
  return {
    parameters: parameterCount(model),
    blocks: blockShapes(model),
    linear: sum(linears.map(({ out, in: columns }) => out * columns)),
    columns: Math.max(...linears.map(({ in: columns }) => columns)),
  };
}

/**
 * Packed codes with a scale and a zero per group; 3-bit codes take 4 bits in memory, 2-bit codes too.
 * Zeros among weights that are not quantised take as much room as other weights.
 */
function sizes({ compression }: Recipe, shape: Shape, original: number): RunEstimate['size'] {
  const grid = gridOf(compression);
  if (grid === null) return { original, compressedDisk: original, compressedMemory: original };
  const { bits, groupSize } = grid;
  const groups = shape.linear / (groupSize === -1 ? shape.columns : groupSize);
  const rest = original * (1 - shape.linear / shape.parameters);
  const packed = (width: number) => (shape.linear * width) / 8 + groups * (2 + width / 8);
  return {
    original,
    compressedDisk: Math.round(rest + packed(bits)),
    compressedMemory: Math.round(rest + packed(bits <= 4 ? 4 : 8)),
  };
}

function memoryItems({ model }: LoadedModel, recipe: Recipe): MemoryItem[] {
  return estimateMemory(model, recipe).map(({ what, bytes }) => ({ name: what, bytes }));
}

function diskItems(recipe: Recipe, compressed: number): MemoryItem[] {
  const { tuning, evaluation, repeats } = recipe;
  const checkpoints = 3 * 4 * mostPrompts(recipe) * tuning.tokens * 4096;
  return [
    { name: 'compressed model', bytes: compressed },
    { name: "its weights again, in the engine's layout", bytes: compressed },
    { name: 'prompts, adapter and checkpoints', bytes: repeats * checkpoints + 4 * 2 ** 20 },
    { name: 'answers and metrics', bytes: 2 ** 20 + repeats * evaluation.itemsPerTask * 20_000 },
  ];
}

export function need(items: readonly MemoryItem[], available: number): Need {
  const total = sum(items.map(({ bytes }) => bytes));
  return { fit: fitOf(total, available), total, available, items };
}

function fitOf(total: number, available: number): Fit {
  if (total > available) return 'wont-fit';
  return total > TIGHT * available ? 'tight' : 'fits';
}

async function freeDisk(home: string): Promise<number> {
  const { bavail, bsize } = await statfs(home);
  return bavail * bsize;
}

type Work = { readonly name: string; readonly operations: number; readonly stages: number };

/**
 * Operations by kind of stage: 2 per parameter and token forward, 4 more with gradients.
 * Scaled by the newest finished run on this machine where there is one.
 */
async function time(
  store: Store,
  recipe: Recipe,
  shape: Shape,
  tasks: readonly Task[],
): Promise<RunEstimate['time']> {
  const factor = await measuredFactor(store);
  const items = work(recipe, shape, tasks).map((item) => ({
    name: item.name,
    seconds: guess(item) * (factor?.get(item.name) ?? 1),
  }));
  return {
    seconds: sum(items.map(({ seconds }) => seconds)),
    items,
    from: factor === undefined ? 'guessed' : 'measured',
  };
}

const guess = ({ operations, stages }: Work): number => {
  const speed = GUESSED_SPEED * Math.min(availableParallelism(), MOST_CORES);
  return operations / speed + stages * STAGE_SECONDS;
};

function work(recipe: Recipe, { parameters, blocks }: Shape, tasks: readonly Task[]): Work[] {
  const { compression, tuning, evaluation, repeats } = recipe;
  const { samples, length } = compression.calibration;
  const text = { sequences: samples, length };
  const compress = sum([...workOf({ options: compression, blocks, text }).values()]);
  const { prefix, together } = tuning;
  const prompts = mostPrompts(recipe);
  const step = (tokens: number) => 6 * parameters * tuning.batch * (INPUT_TOKENS + tokens);
  const loras = [tuning.lora, ...tuning.furtherLoras];
  // The bank's prompts, and one prompt on all the data for as long.
  const tune =
    2 * prompts * tuning.steps * step(tuning.tokens) +
    sum(loras.map(({ steps }) => steps * step(0))) +
    (prefix ? prefix.steps * step(prefix.tokens) : 0) +
    (together ? together.steps * step(tuning.tokens) : 0);
  const questions = sum(
    tasks.map(({ heldout }) => {
      const [item] = heldout;
      const choices = item !== undefined && 'choices' in item ? item.choices.length : 4;
      return Math.min(heldout.length, evaluation.itemsPerTask) * choices;
    }),
  );
  const arm = 2 * parameters * (questions * INPUT_TOKENS + evaluation.textTokens);
  // One prompt and the bank, the adapters, and what else the recipe asks for.
  const arms = 2 + loras.length + (prefix ? 1 : 0) + (together ? 1 : 0);
  const prompted = 2 * parameters * questions * TRIED_PROMPTS * tuning.tokens;
  const selectors =
    recipe.selectors.length * 2 * parameters * questions * (INPUT_TOKENS + tuning.tokens);
  // Every prompt of the bank alone, beside IDP's choice.
  const controls = 2 * parameters * questions * prompts * (INPUT_TOKENS + tuning.tokens);
  const asked = 2 * parameters * questions * INPUT_TOKENS;
  // The control's prompt and adapter.
  const control = prompts * tuning.steps * step(tuning.tokens) + tuning.lora.steps * step(0);
  const run = { compress, control, asked, arms, parameters, blocks };
  return [
    { name: 'compress', operations: compress, stages: 2 },
    {
      name: 'tune',
      operations: repeats * tune,
      stages: arms * repeats,
    },
    {
      name: 'compare',
      operations: 2 * arm + repeats * (arms * arm + prompted + controls + selectors),
      stages: 2 + (arms + 1) * repeats,
    },
    ...(recipe.analysis === null ? [] : [analysisWork(recipe, recipe.analysis, run)]),
  ];
}

/** Of the facts, those that the control was never told. */
const UNTOLD = 1 / 4;

interface Analysed extends Pick<Shape, 'parameters' | 'blocks'> {
  /** Operations of the run's compression, of tuning the control, and of one arm's questions. */
  readonly compress: number;
  readonly control: number;
  readonly asked: number;
  readonly arms: number;
}

function analysisWork(
  recipe: Recipe,
  analysis: NonNullable<Recipe['analysis']>,
  run: Analysed,
): Work {
  const { repeats, evaluation } = recipe;
  const parts: Omit<Work, 'name'>[] = [];
  if (analysis.displaced) {
    parts.push({ operations: (2 + repeats * run.arms) * run.asked, stages: repeats });
    if (hasControl(recipe)) {
      // A prompt and an adapter; both are asked what was tuned on and what was not.
      const questions = 2 * (2 + 2 * repeats) * UNTOLD * run.asked;
      const operations = run.compress + repeats * run.control + questions;
      parts.push({ operations, stages: 1 + 3 * repeats });
    }
  }
  if (analysis.similarity) {
    const { inputs } = analysis.similarity;
    // Beside each arm runs the original.
    const operations = 2 * (run.arms + 1) * 2 * run.parameters * inputs * INPUT_TOKENS;
    parts.push({ operations, stages: 1 });
  }
  if (analysis.restore) {
    const share = Math.min(1, analysis.restore.itemsPerTask / evaluation.itemsPerTask);
    parts.push({ operations: run.blocks.length * share * run.asked, stages: 1 });
  }
  return {
    name: 'analyse',
    operations: sum(parts.map(({ operations }) => operations)),
    stages: sum(parts.map(({ stages }) => stages)),
  };
}

/** Measured ÷ guessed seconds by kind of stage, of the newest run that finished. */
async function measuredFactor(store: Store): Promise<ReadonlyMap<string, number> | undefined> {
  const done = (await listRuns(store.db)).find(({ status }) => status === 'done');
  const stored = done && (await readResults(store.db, done.id));
  if (done === undefined || stored === undefined) return undefined;
  try {
    const recipe = done.recipe as Recipe;
    const { loaded } = await inspectModel(recipe.model);
    const seconds = Map.groupBy(
      Object.entries(stored.timings.stageSeconds),
      ([stage]) => KINDS[stage.split(':')[0]!],
    );
    const tasks = await recipeTasks(recipe.evaluation);
    const factors = work(recipe, shapeOf(loaded), tasks).map((item) => {
      const measured = sum((seconds.get(item.name) ?? []).map(([, value]) => value));
      return [item.name, measured > 0 ? measured / guess(item) : 1] as const;
    });
    const byName = new Map(factors);
    // Most runs analyse nothing; questions then say how fast this machine is.
    if (!byName.has('analyse')) byName.set('analyse', byName.get('compare') ?? 1);
    return byName;
  } catch {
    // Its model is gone or its recipe is of another version: no measure to go by.
    return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  prepare: 'compress',
  compress: 'compress',
  tune: 'tune',
  evaluate: 'compare',
  analyse: 'analyse',
  summarise: 'compare',
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export const estimateTasks = { 'estimate.run': run };

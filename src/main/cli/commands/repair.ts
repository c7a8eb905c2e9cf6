import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { KintsugiError } from '../../../shared/errors.ts';
import { FULL_ANALYSIS, PRESET_NAMES, PRESETS, type PresetName } from '../../../shared/presets.ts';
import { parseRecipe, type Recipe } from '../../../shared/recipe.ts';
import { SWEPT_WORDS, withSwept } from '../../../shared/swept.ts';
import type { Store } from '../../db/open.ts';
import type { Run } from '../../db/runs.ts';
import type { AddAction } from '../action.ts';
import { type Context, type Outcome, withStore } from '../context.ts';
import { ensureModel, ensureSource } from '../download.ts';
import { parametersOf } from '../model-size.ts';
import { integer, invalidOption, MODEL_HELP } from '../options.ts';
import { reportRun } from '../run-progress.ts';
import { show } from '../show-run.ts';

export interface RepairOptions {
  readonly preset?: PresetName;
  readonly recipe?: string;
  readonly model?: string;
  readonly seed?: number;
  readonly name?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly analyse?: boolean;
  readonly printRecipe?: boolean;
}

export function addRepairCommand(program: Command, addAction: AddAction): void {
  const command = addRecipeOptions(
    program
      .command('repair')
      .description(
        'compresses a model, tunes repairs for it, and compares them on the same inputs',
      ),
  )
    .option(
      '--analyse',
      'also find out what was forgotten, what displaced, and where the damage sits',
    )
    .option('--print-recipe', 'print the complete recipe and stop');
  addAction<RepairOptions>(command, repair);
}

/** What a run is made from. */
export const addRecipeOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--preset <name>',
        `how much work to spend (default: quick); learning rates are ${SWEPT_WORDS}`,
      ).choices(PRESET_NAMES),
    )
    .addOption(
      new Option(
        '--recipe <file>',
        'a recipe as JSON; the model and the hub: datasets that it names are downloaded',
      ).conflicts('preset'),
    )
    .option('--model <name>', `${MODEL_HELP}; instead of the recipe’s`)
    .option('--seed <n>', 'seed instead of the recipe’s', integer('--seed', 0, 2 ** 31 - 1))
    .option('--name <text>', 'what the run is called (default: what it does)', runName)
    .option('--out <dir>', 'new or empty folder for the run (default: in the data folder)')
    .option('--force', 'start even where the memory estimate says that it will not fit');

async function repair(options: RepairOptions, context: Context): Promise<Outcome> {
  const chosen = await chooseRecipe(options);
  const recipe = options.analyse ? { ...chosen, analysis: FULL_ANALYSIS } : chosen;
  if (options.printRecipe) return { document: recipe, text: JSON.stringify(recipe, null, 2) };
  return withStore(context, async (store) => {
    const run = await runRecipe(recipe, options, store, context);
    return show(store, run.id);
  });
}

function runName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= 120) return name;
  throw invalidOption('--name', 'a name has 1 to 120 characters');
}

/** Downloads what a recipe names on the hub and is not here yet. */
export async function ensureInputs(
  { model, compression, tuning }: Recipe,
  context: Context,
): Promise<void> {
  await ensureModel(model, context);
  await ensureSource(compression.calibration.source, context);
  if (tuning.data !== 'tasks') await ensureSource(tuning.data.source, context);
}

/** Makes a run of the recipe and works it through. */
export async function runRecipe(
  recipe: Recipe,
  { name, out, force = false }: Pick<RepairOptions, 'name' | 'out' | 'force'>,
  store: Store,
  context: Context,
): Promise<Run> {
  await ensureInputs(recipe, context);
  const { createRepair, runRepair } = await import('../../compute/repair.ts');
  const run = await createRepair(store, {
    recipe,
    home: context.home,
    out,
    ...(name && { name }),
  });
  context.progress.line(`run ${run.id}, “${run.name}”, in ${run.directory}`);
  await runRepair(store, run, { ...reportRun(context), force });
  return run;
}

/** A preset takes its learning rates by the size of the model. */
export async function chooseRecipe({
  preset = 'quick',
  recipe,
  model,
  seed,
}: Pick<RepairOptions, 'preset' | 'recipe' | 'model' | 'seed'>): Promise<Recipe> {
  const chosen =
    recipe === undefined
      ? withSwept(PRESETS[preset], await parametersOf(model ?? 'starter'))
      : await readRecipe(recipe);
  return {
    ...chosen,
    ...(model !== undefined && { model }),
    ...(seed !== undefined && { seed }),
  };
}

const readRecipe = async (file: string): Promise<Recipe> => parseRecipe(await readJson(file), file);

/** What a recipe's or a sweep's file holds. @throws KintsugiError RECIPE_INVALID */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new KintsugiError('RECIPE_INVALID', `The recipe cannot be read (${cause.message}).`, {
      next: 'Give the path of a recipe file.',
      file,
      cause,
    });
  });
  return parseJson(text, file);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KintsugiError(
      'RECIPE_INVALID',
      `The recipe is not JSON (${(cause as SyntaxError).message}).`,
      { next: 'Correct the file, or start from --print-recipe.', file, cause },
    );
  }
}

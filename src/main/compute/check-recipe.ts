import { checkCompression } from '../../core/compress/options.ts';
import { readPieces } from '../../core/data/documents.ts';
import type { Task } from '../../core/evaluate/tasks.ts';
import type { Model } from '../../core/models/model.ts';
import { namedTargets } from '../../core/tune/lora.ts';
import type { Example } from '../../core/tune/types.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { mostHalvings, mostPromptTokens } from '../../shared/model-limits.ts';
import type { Recipe, SelectorRecipe } from '../../shared/recipe.ts';
import { calibrationFiles } from './data-source.ts';
import { limitsOf, linearShapes } from './model-shape.ts';

/**
 * Refuses what the model cannot take, before any work.
 * @throws KintsugiError QUANTIZATION_INVALID, RECIPE_INVALID naming the field
 */
export function checkRecipeFits(model: Model, recipe: Recipe): void {
  const { config } = model;
  checkCompression(recipe.compression, linearShapes(model));
  const { length } = recipe.compression.calibration;
  atMost('compression.calibration.length', length, config.maxPositions, 'positions');
  const room = mostPromptTokens(limitsOf(model));
  const { prefix, tokens } = recipe.tuning;
  atMost('tuning.tokens', tokens, room, 'positions');
  if (prefix) atMost('tuning.prefix.tokens', prefix.tokens, room, 'positions');
  checkSelector('selector', recipe.selector, config.layers, recipe);
  for (const [index, selector] of recipe.selectors.entries())
    checkSelector(`selectors.${index}`, selector, config.layers, recipe);
  checkBank(recipe);
  checkTargets('tuning.lora.targets', model, recipe.tuning.lora.targets);
  for (const [index, { targets }] of recipe.tuning.furtherLoras.entries())
    checkTargets(`tuning.furtherLoras.${index}.targets`, model, targets);
}

function checkTargets(field: string, model: Model, targets: readonly string[]): void {
  try {
    namedTargets(model, targets);
  } catch (error) {
    if (!(error instanceof KintsugiError)) throw error;
    const { message, next } = error;
    throw new KintsugiError('RECIPE_INVALID', `"${field}": ${message}`, {
      field,
      next,
      cause: error,
    });
  }
}

function checkSelector(
  field: string,
  selector: SelectorRecipe,
  layers: number,
  { tuning: { bank } }: Recipe,
): void {
  if ('layer' in selector) {
    const { layer } = selector;
    atMost(`${field}.layer`, layer < 0 ? -layer - 1 : layer, layers - 1, 'blocks');
  }
  if (selector.kind === 'mixture' && bank.by === 'length')
    throw impossible(field, 'Prompts of different lengths cannot be mixed');
}

/** Combinations that no run can work. */
function checkBank({ tuning: { bank, together, tokens }, selector }: Recipe): void {
  if (bank.routing > 0 && !(bank.joint && 'layer' in selector))
    throw impossible(
      'tuning.bank.routing',
      'Prompts learn to be attended to only in one pass and under an IDP selector',
    );
  const alike = bank.by === 'length' || bank.by === 'seeds';
  if (alike && bank.warmStart > 0)
    throw impossible(
      'tuning.bank.warmStart',
      `Prompts by ${bank.by} read the same data, and would not differ if they went on from one prompt`,
    );
  if (alike && (bank.joint || together))
    throw impossible(
      'tuning.bank.by',
      `Prompts by ${bank.by} read the same data and cannot be tuned in one pass`,
    );
  if (bank.count === 'auto') {
    if (bank.by !== 'clusters')
      throw impossible(
        'tuning.bank.count',
        'Only a bank by clusters finds its number of prompts by itself',
      );
    return;
  }
  if (bank.by === 'length')
    fewer('tuning.bank.count', bank.count, mostHalvings(tokens), 'lengths to halve its tokens to');
}

const impossible = (field: string, message: string): KintsugiError =>
  new KintsugiError('RECIPE_INVALID', `"${field}": ${message}.`, {
    field,
    next: 'Choose another combination.',
  });

/** Refuses a source of calibration text without any. @throws KintsugiError DATA_INVALID naming the field */
export async function checkCalibration({ compression }: Recipe): Promise<void> {
  const field = 'compression.calibration.source';
  const files = await inField(field, calibrationFiles(compression.calibration.source));
  if (await inField(field, hasText(files))) return;
  throw new KintsugiError('DATA_INVALID', 'There is no text to calibrate on', {
    field,
    next: 'Give a text or a dataset that is not empty.',
    ...(files[0] === undefined ? {} : { file: files[0] }),
  });
}

async function hasText(files: readonly string[]): Promise<boolean> {
  for await (const piece of readPieces(files)) if (piece.trim() !== '') return true;
  return false;
}

/** What is wrong with data, told with the recipe's field that named it. */
export async function inField<T>(field: string, reading: Promise<T>): Promise<T> {
  return reading.catch((error: unknown) => {
    if (!(error instanceof KintsugiError) || error.field !== undefined) throw error;
    const { code, message, next, file } = error;
    throw new KintsugiError(code, message, {
      field,
      next,
      cause: error,
      ...(file === undefined ? {} : { file }),
    });
  });
}

/**
 * Refuses tasks that cannot be tuned on or shared out as the recipe asks, before any work.
 * @throws KintsugiError DATA_INVALID, RECIPE_INVALID naming the field
 */
export function checkRecipeData(
  { tuning: { data, bank } }: Recipe,
  tasks: readonly Task[],
  examples: readonly Example[],
): void {
  const empty = tasks.find(({ train }) => train.length === 0);
  if (data === 'tasks' && empty)
    throw new KintsugiError('DATA_INVALID', `The task ${empty.name} has nothing to tune on`, {
      field: `${empty.name}.train`,
      next: 'Leave the task out, or add questions to its training half.',
    });
  if (bank.count === 'auto') return;
  const groups = new Set(examples.map(({ group }) => group)).size;
  const families = data === 'tasks' ? 'tasks' : 'files to tune on';
  if (bank.by === 'family') fewer('tuning.bank.count', bank.count, groups, families);
  if (bank.by === 'clusters') {
    // What is read alike lies in one place, which no clusters can share.
    const distinct = new Set(examples.map(({ context, target }) => context || target)).size;
    fewer('tuning.bank.count', bank.count, distinct, 'different tuning inputs');
  }
}

function fewer(field: string, value: number, limit: number, what: string): void {
  if (value <= limit) return;
  throw new KintsugiError(
    'RECIPE_INVALID',
    `"${field}" is ${value}, and there are ${limit} ${what}`,
    {
      field,
      next: `Choose ${limit} or less, or share the data out in another way.`,
    },
  );
}

function atMost(field: string, value: number, limit: number, what: string): void {
  if (value <= limit) return;
  throw new KintsugiError('RECIPE_INVALID', `"${field}" is more than the model has ${what} for`, {
    field,
    next: `Choose ${limit} or less.`,
  });
}

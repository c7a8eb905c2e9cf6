import { checkCompression } from '../../core/compress/options.ts';
import type { Model } from '../../core/models/model.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { mostPromptTokens } from '../../shared/model-limits.ts';
import type { Recipe } from '../../shared/recipe.ts';
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
  atMost('tuning.tokens', recipe.tuning.tokens, room, 'positions');
  const { layer } = recipe.selector;
  atMost('selector.layer', layer < 0 ? -layer - 1 : layer, config.layers - 1, 'blocks');
}

function atMost(field: string, value: number, limit: number, what: string): void {
  if (value <= limit) return;
  throw new KintsugiError('RECIPE_INVALID', `"${field}" is more than the model has ${what} for`, {
    field,
    next: `Choose ${limit} or less.`,
  });
}

import { checkCompression } from '../../core/compress/options.ts';
import type { Model } from '../../core/models/model.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { Recipe } from '../../shared/recipe.ts';

/**
 * Refuses what the model cannot take, before any work.
 * @throws KintsugiError QUANTIZATION_INVALID, RECIPE_INVALID naming the field
 */
export function checkRecipeFits({ family, config }: Model, recipe: Recipe): void {
  const shapes = family.tensorShapes(config);
  const linears = Array.from({ length: config.layers }, (_, layer) => family.stages(config, layer))
    .flat(2)
    .map((module) => {
      const [out, columns] = shapes.get(`${module}.weight`) as readonly [number, number];
      return { module, out, in: columns };
    });
  checkCompression(recipe.compression, linears);
  const { length } = recipe.compression.calibration;
  atMost('compression.calibration.length', length, config.maxPositions, 'positions');
  atMost('tuning.tokens', recipe.tuning.tokens, config.maxPositions - 2, 'positions');
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

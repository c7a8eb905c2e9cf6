import { expect, it } from 'vitest';
import { tensorWeights } from '../../../src/core/models/weights.ts';
import { checkRecipeFits } from '../../../src/main/compute/check-recipe.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import type { Recipe } from '../../../src/shared/recipe.ts';
import { tinyConfig, tinyFamily } from '../../support/tiny-llama.ts';

const model = { family: tinyFamily, config: tinyConfig, weights: tensorWeights({}) };
const { compression, tuning } = PRESETS.quick;
const calibration = { ...compression.calibration, length: 64 };
const recipe: Recipe = {
  ...PRESETS.quick,
  compression: { ...compression, groupSize: 16, calibration },
};

it('takes a recipe that fits', () => {
  expect(() => checkRecipeFits(model, recipe)).not.toThrow();
});

it.each([
  ['groupSize', { compression: { ...recipe.compression, groupSize: 32 } }],
  [
    'compression.calibration.length',
    { compression: { ...recipe.compression, calibration: { ...calibration, length: 129 } } },
  ],
  ['tuning.tokens', { tuning: { ...tuning, tokens: 127 } }],
  ['selector.layer', { selector: { kind: 'idp', layer: 2 } }],
  ['selector.layer', { selector: { kind: 'idp', layer: -3 } }],
] as const)('refuses what the model cannot take, naming %s', (field, change) => {
  expect(() => checkRecipeFits(model, { ...recipe, ...change })).toThrow(
    expect.objectContaining({ field }),
  );
});

import { expect, test } from 'vitest';
import { PRESET_NAMES, PRESETS } from '../../../src/shared/presets.ts';
import { parseRecipe, recipeSeeds } from '../../../src/shared/recipe.ts';

const { quick } = PRESETS;

test.each(PRESET_NAMES)('the preset %s is a valid recipe', (name) => {
  expect(parseRecipe(structuredClone(PRESETS[name]))).toEqual(PRESETS[name]);
});

test('a recipe of before adapters of several ranks and tuning on text is one still', () => {
  const { data: _, furtherLoras: __, ...tuning } = quick.tuning;
  expect(parseRecipe({ ...quick, tuning })).toEqual(quick);
});

test('seeds follow one another', () => {
  expect(recipeSeeds({ ...quick, seed: 5, repeats: 3 })).toEqual([5, 6, 7]);
});

test.each<[string, unknown, string, RegExp]>([
  ['an unknown key', { ...quick, speed: 1 }, 'speed', /"speed" is not a field of a recipe/],
  [
    'an unknown key deep inside',
    { ...quick, tuning: { ...quick.tuning, lora: { ...quick.tuning.lora, momentum: 0 } } },
    'tuning.lora.momentum',
    /not a field/,
  ],
  ['a missing key', { ...quick, seed: undefined }, 'seed', /"seed"/],
  [
    'bits without a kernel',
    { ...quick, compression: { ...quick.compression, bits: 5 } },
    'compression.bits',
    /compression\.bits/,
  ],
  ['a newer version', { ...quick, version: 2 }, 'version', /version/],
  [
    'a number that is none',
    { ...quick, tuning: { ...quick.tuning, learningRate: Number.NaN } },
    'tuning.learningRate',
    /learningRate/,
  ],
  [
    'two adapters of one rank',
    {
      ...quick,
      tuning: {
        ...quick.tuning,
        furtherLoras: [{ ...quick.tuning.lora, rank: 8 }, quick.tuning.lora],
      },
    },
    'tuning.furtherLoras.1.rank',
    /a rank of its own/,
  ],
  [
    'one selector twice',
    { ...quick, selectors: [{ kind: 'random' }, { kind: 'classifier' }, { kind: 'random' }] },
    'selectors.2',
    /"selectors.2" is "by lot" once more/,
  ],
  [
    'text and tasks to tune on at once',
    { ...quick, tuning: { ...quick.tuning, data: 'text' } },
    'tuning.data',
    /tuning\.data/,
  ],
  ['no object', [], 'recipe', /expected object/],
])('%s is refused, naming the field and the file', (_, value, field, message) => {
  expect(() => parseRecipe(value, 'my.json')).toThrow(
    expect.objectContaining({
      code: 'RECIPE_INVALID',
      field,
      file: 'my.json',
      message: expect.stringMatching(message),
    }),
  );
});

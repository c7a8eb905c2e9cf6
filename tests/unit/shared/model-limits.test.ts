import { expect, it } from 'vitest';
import type { Compression } from '../../../src/shared/compression.ts';
import { fitCompression, fitRecipe, fittingGroupSizes } from '../../../src/shared/model-limits.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { parseRecipe, type Recipe } from '../../../src/shared/recipe.ts';

const limits = { linearColumns: [192, 512], layers: 4, maxPositions: 512, parameters: 3e6 };
const narrow = { linearColumns: [32, 48], layers: 2, maxPositions: 64, parameters: 3e4 };

it('group sizes divide every width', () => {
  expect(fittingGroupSizes([192, 512])).toEqual([16, 32, 64]);
  expect(fittingGroupSizes([96])).toEqual([16, 32, 48, 96]);
  expect(fittingGroupSizes([40])).toEqual([]);
});

it('a recipe that fits stays as it is', () => {
  expect(fitRecipe(PRESETS.careful, limits)).toEqual(PRESETS.careful);
});

it('what a model cannot take becomes the nearest that it can', () => {
  const { compression, tuning } = PRESETS.quick;
  const recipe: Recipe = {
    ...PRESETS.quick,
    compression: { ...compression, bits: 3, groupSize: 128 },
    tuning: { ...tuning, tokens: 100 },
    selector: { kind: 'idp', layer: 5 },
  };
  expect(fitRecipe(recipe, narrow)).toMatchObject({
    compression: { bits: 4, groupSize: 16, calibration: { length: 64 } },
    tuning: { tokens: 62 },
    selector: { layer: 1 },
  });
  const fromTheEnd = fitRecipe({ ...recipe, selector: { kind: 'idp', layer: -9 } }, narrow);
  expect(fromTheEnd.selector).toMatchObject({ layer: -2 });
});

it('of selectors that become the same one is left', () => {
  const selectors = [
    { kind: 'idp', layer: 8 },
    { kind: 'fixed' },
    { kind: 'idp', layer: 9 },
  ] as const;
  const fitted = fitRecipe({ ...PRESETS.quick, selectors: [...selectors] }, narrow);
  expect(fitted.selectors).toEqual([{ kind: 'idp', layer: 1 }, { kind: 'fixed' }]);
  expect(() => parseRecipe(fitted)).not.toThrow();
});

it('one group per row fits where no other size does', () => {
  const odd = { ...narrow, linearColumns: [16, 40] };
  expect(fitRecipe(PRESETS.quick, odd).compression).toMatchObject({ groupSize: -1 });
});

it('pruning without codes has no groups to fit', () => {
  const compression: Compression = {
    method: 'wanda',
    sparsity: 0.5,
    quantization: null,
    calibration: { source: 'starter', samples: 4, length: 256 },
  };
  const fitted = fitCompression(compression, narrow);
  expect(fitted).toEqual({
    ...compression,
    calibration: { ...compression.calibration, length: 64 },
  });
});

it.each([
  ['by length', { by: 'length', count: 9 }, { count: 5, joint: false, warmStart: 0 }],
  ['by seeds', { by: 'seeds', count: 'auto' }, { count: 3, routing: 0, warmStart: 0 }],
  ['by clusters', { by: 'clusters', count: 'auto' }, { count: 'auto', warmStart: 7 }],
] as const)('a bank %s becomes one that can be tuned', (_, split, expected) => {
  const bank = { ...split, warmStart: 7, joint: true, routing: 1 };
  const together = { learningRate: 0.01, steps: 4 };
  const { tuning, selectors } = PRESETS.quick;
  const fitted = fitRecipe(
    {
      ...PRESETS.quick,
      tuning: { ...tuning, bank, together },
      selectors: [...selectors, { kind: 'mixture', rank: 4 }],
    },
    limits,
  );
  expect(fitted.tuning.bank).toMatchObject(expected);
  expect(fitted.tuning.together).toEqual(bank.by === 'clusters' ? together : null);
  expect(fitted.selectors.some(({ kind }) => kind === 'mixture')).toBe(bank.by !== 'length');
});

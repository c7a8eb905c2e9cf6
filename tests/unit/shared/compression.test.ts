import { describe, expect, it } from 'vitest';
import {
  type Compression,
  compressionSchema,
  describeCompression,
  METHODS,
  parseCompressionOptions,
} from '../../../src/shared/compression.ts';
import { withMethod } from '../../../src/shared/compression-change.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { parseRecipe } from '../../../src/shared/recipe.ts';

const { quick } = PRESETS;
const { calibration } = quick.compression;
const grid = { bits: 4, groupSize: 64, symmetric: false, mse: false };
const sparse = {
  method: 'sparsegpt',
  sparsity: '2:4',
  quantization: null,
  damping: 0.01,
  calibration,
};

describe('a recipe’s compression', () => {
  it.each([
    ['sparsity', { ...quick.compression, sparsity: 0.5 }],
    ['bits', { ...sparse, bits: 4 }],
    ['actOrder', { ...sparse, actOrder: true }],
    ['damping', { method: 'wanda', sparsity: 0.5, quantization: null, damping: 0.01, calibration }],
    ['sparsity', { ...sparse, sparsity: 1 }],
    ['sparsity', { ...sparse, sparsity: '4:4' }],
    ['sparsity', { ...sparse, sparsity: '2:1000' }],
    ['sparsity', { ...sparse, sparsity: '0:4' }],
    ['sparsity', { ...sparse, sparsity: '-1:4' }],
    ['sparsity', { ...sparse, sparsity: 'half' }],
    ['quantization.bits', { ...sparse, quantization: { ...grid, bits: 5 } }],
    ['method', { ...sparse, method: 'awq' }],
  ])('of which %s is impossible is refused, naming it', (field, compression) => {
    expect(() => parseRecipe({ ...quick, compression })).toThrow(
      expect.objectContaining({ code: 'RECIPE_INVALID', field: `compression.${field}` }),
    );
  });

  it('of a stored rounding run, which held GPTQ’s settings too, is still read', () => {
    const stored = { ...quick, compression: { ...quick.compression, method: 'rtn' } };
    const { actOrder: _, staticGroups: __, damping: ___, ...kept } = stored.compression;
    expect(parseRecipe(stored).compression).toEqual(kept);
  });

  it('is in words', () => {
    const words = (compression: unknown) =>
      describeCompression(compressionSchema.parse(compression));
    expect(words(quick.compression)).toBe('GPTQ 2-bit');
    expect(words(sparse)).toBe('SparseGPT 2:4');
    expect(words({ ...sparse, sparsity: 0.55, quantization: grid })).toBe(
      'SparseGPT 55% zeros, 4-bit',
    );
  });

  it('is read back from what was done, and from nothing else', () => {
    const { calibration: _, ...options } = sparse;
    expect(parseCompressionOptions(options)).toEqual(options);
    for (const other of [null, 'gptq', [], { ...options, sparsity: 2 }])
      expect(parseCompressionOptions(other)).toBeUndefined();
  });
});

describe('another method', () => {
  for (const from of METHODS)
    for (const to of METHODS)
      it(`from ${from} to ${to} is a valid recipe, with the wishes that it can take`, () => {
        const first = withMethod(quick.compression as Compression, from);
        const second = withMethod(first, to);
        expect(second.method).toBe(to);
        expect(compressionSchema.parse(second)).toEqual(second);
        expect(second.calibration).toEqual(calibration);
      });
});

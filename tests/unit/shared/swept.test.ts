import { expect, it } from 'vitest';
import { PRESET_NAMES, PRESETS } from '../../../src/shared/presets.ts';
import { presetFor, sweptFor, withSwept } from '../../../src/shared/swept.ts';

const STARTER = 2_557_632;

it.each(PRESET_NAMES)('%s is written for the starter', (name) => {
  expect(withSwept(PRESETS[name], STARTER)).toEqual(PRESETS[name]);
});

it('sizes that were not swept take the nearest, the largest where nothing is known', () => {
  const [small, starter, largest] = [sweptFor(3e5), sweptFor(STARTER), sweptFor(6e6)];
  expect(new Set([small, starter, largest]).size).toBe(3);
  expect(sweptFor(1e4)).toBe(small);
  expect(sweptFor(8e5)).toBe(small);
  expect(sweptFor(9e5)).toBe(starter);
  expect(sweptFor(3.8e6)).toBe(starter);
  expect(sweptFor(3.9e6)).toBe(largest);
  expect(sweptFor(7e9)).toBe(largest);
  expect(sweptFor(null)).toBe(largest);
});

it('a preset takes rates by size, and still only what the model can take', () => {
  const limits = { linearColumns: [32, 48], layers: 2, maxPositions: 12, parameters: 1e4 };
  const { prompt, lora, prefix } = sweptFor(1e4);
  const { tuning } = presetFor('quick', limits);
  expect(tuning).toMatchObject({ learningRate: prompt, lora: { learningRate: lora }, tokens: 10 });
  const asked = { ...PRESETS.quick.tuning, prefix: { tokens: 4, learningRate: 1, steps: 9 } };
  const { tuning: fitted } = withSwept({ ...PRESETS.quick, tuning: asked }, 1e4);
  expect(fitted.prefix).toEqual({ tokens: 4, learningRate: prefix, steps: 9 });
});

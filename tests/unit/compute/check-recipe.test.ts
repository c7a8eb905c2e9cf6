import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tensorWeights } from '../../../src/core/models/weights.ts';
import {
  checkCalibration,
  checkRecipeData,
  checkRecipeFits,
} from '../../../src/main/compute/check-recipe.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import type { Recipe } from '../../../src/shared/recipe.ts';
import { tinyConfig, tinyFamily } from '../../support/tiny-llama.ts';
import { temporaryFolder } from '../db/temporary.ts';

const model = { family: tinyFamily, config: tinyConfig, weights: tensorWeights({}) };
const { compression, tuning } = PRESETS.quick;
const calibration = { ...compression.calibration, length: 64 };
const recipe: Recipe = {
  ...PRESETS.quick,
  compression: { ...compression, groupSize: 16, calibration },
};

const adapting = (target: string) => ({ ...tuning.lora, rank: 1, targets: [target] });
const further: Recipe['tuning'] = { ...tuning, furtherLoras: [adapting('c_attn')] };

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
  ['tuning.lora.targets', { tuning: { ...tuning, lora: adapting('qproj') } }],
  ['tuning.furtherLoras.0.targets', { tuning: further }],
] as const)('refuses what the model cannot take, naming %s', (field, change) => {
  expect(() => checkRecipeFits(model, { ...recipe, ...change })).toThrow(
    expect.objectContaining({ field }),
  );
});

const bank = (changes: Partial<Recipe['tuning']['bank']>) => ({
  tuning: { ...tuning, bank: { ...tuning.bank, ...changes } },
});

it.each<[string, Partial<Recipe>]>([
  ['tuning.bank.routing', bank({ by: 'family', routing: 1 })],
  [
    'tuning.bank.routing',
    { ...bank({ by: 'family', joint: true, routing: 1 }), selector: { kind: 'classifier' } },
  ],
  ['tuning.bank.by', bank({ by: 'seeds', joint: true })],
  ['tuning.bank.warmStart', bank({ by: 'seeds', warmStart: 1 })],
  ['tuning.bank.warmStart', bank({ by: 'length', count: 2, warmStart: 1 })],
  ['tuning.bank.count', bank({ by: 'family', count: 'auto' })],
  ['tuning.bank.count', bank({ by: 'length', count: 9 })],
  ['selector', { ...bank({ by: 'length', count: 2 }), selector: { kind: 'mixture', rank: 2 } }],
])('refuses what no run can work together, naming %s', (field, change) => {
  expect(() => checkRecipeFits(model, { ...recipe, ...change })).toThrow(
    expect.objectContaining({ code: 'RECIPE_INVALID', field }),
  );
});

const example = (id: string, group: string, context = id) => ({
  id,
  group,
  fact: id,
  context,
  target: ' b',
});
const item = { id: 'x', fact: 'x', context: 'a', answers: ['b'] };
const task = (name: string, train: readonly (typeof item)[]) =>
  ({ name, title: name, description: '', kind: 'cloze', train, heldout: [item] }) as const;
const tasks = [task('a', [item]), task('b', [item])];
const examples = [example('1', 'a'), example('2', 'b')];
const banked = (
  by: 'family' | 'clusters',
  count: number,
  data: Recipe['tuning']['data'] = 'tasks',
) => ({
  ...recipe,
  tuning: { ...tuning, data, bank: { ...tuning.bank, by, count } },
});

it.each([
  ['tuning.bank.count', banked('family', 3), tasks],
  ['tuning.bank.count', banked('clusters', 3), tasks],
  ['tuning.bank.count', banked('family', 3, { source: 'a.txt' }), tasks],
  ['b.train', banked('family', 2), [tasks[0]!, task('b', [])]],
] as const)('refuses data that cannot be shared out, naming %s', (field, wanted, tried) => {
  expect(() => checkRecipeData(wanted, tried, examples)).toThrow(
    expect.objectContaining({ field }),
  );
});

it('counts inputs that read the same once', () => {
  const alike = [example('1', 'a', 'x'), example('2', 'a', 'x')];
  expect(() => checkRecipeData(banked('clusters', 2), tasks, alike)).toThrow(
    expect.objectContaining({ field: 'tuning.bank.count' }),
  );
});

it('refuses a calibration text that says nothing, and one that is not there', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'empty.txt'), '\n\n');
  writeFileSync(join(folder, 'empty.jsonl'), '');
  for (const name of ['empty.txt', 'empty.jsonl', 'none.txt', '.']) {
    const from = { ...calibration, source: join(folder, name) };
    const wanted = { ...recipe, compression: { ...compression, calibration: from } };
    await expect(checkCalibration(wanted)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      field: 'compression.calibration.source',
    });
  }
  await checkCalibration(recipe);
});

it('takes data that can', () => {
  expect(() => checkRecipeData(banked('family', 2), tasks, examples)).not.toThrow();
  const onText = banked('clusters', 2, { source: 'a.txt' });
  expect(() => checkRecipeData(onText, [task('b', [])], examples)).not.toThrow();
});

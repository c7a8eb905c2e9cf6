import { expect, test } from 'vitest';
import { PRESETS } from '../../../src/shared/presets.ts';
import { sweptFor } from '../../../src/shared/swept.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { kintsugi } from './command-line.ts';
import { writeTinyModel } from './tiny-model.ts';

const home = temporaryFolder();

const printed = async (model: string) =>
  JSON.parse((await kintsugi(home, ['repair', '--print-recipe', '--model', model])).stdout);

test('a preset takes its rates by the size of the model', async () => {
  const folder = `${home}/tiny`;
  await writeTinyModel(folder);
  const { prompt, lora } = sweptFor(150_000);
  expect((await printed(folder)).tuning).toMatchObject({
    learningRate: prompt,
    lora: { learningRate: lora },
  });
  expect(await printed('starter')).toEqual(PRESETS.quick);
});

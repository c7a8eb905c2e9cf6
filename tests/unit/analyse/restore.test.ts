import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { restoreBlocks } from '../../../src/core/analyse/restore.ts';
import { layerSimilarity } from '../../../src/core/analyse/similarity.ts';
import { openModel } from '../../../src/core/compress/open.ts';
import { openDevice } from '../../../src/core/engine/devices.ts';
import type { Model } from '../../../src/core/models/model.ts';
import { writeTinyModel } from '../../support/tiny-llama.ts';

const engine = await openDevice('cpu', { threads: 1 });
const dir = await mkdtemp(join(tmpdir(), 'kintsugi-restore-'));
afterAll(() => rm(dir, { recursive: true }));
await writeTinyModel(dir);
const { model: original } = await openModel(dir);
const damaged: Model = {
  ...original,
  weights: {
    tensor: original.weights.tensor,
    linear: (module, x) => tf.mul(original.weights.linear(module, x), 1.5),
  },
};
const sequences = [
  [3, 5, 7, 11],
  [2, 4, 8],
];
const likeness = async (model: Model) =>
  (await layerSimilarity(engine, { model: original }, { model }, sequences)).map(
    ({ activation }) => activation,
  );

it('puts the original linears of the named blocks back, and of no other', async () => {
  const [none, first, last, both] = [
    await likeness(damaged),
    await likeness(restoreBlocks(damaged, original, [0])),
    await likeness(restoreBlocks(damaged, original, [1])),
    await likeness(restoreBlocks(damaged, original, [0, 1])),
  ] as [number[], number[], number[], number[]];
  expect(none[0]).toBeLessThan(0.9999);
  expect(first[0]).toBeCloseTo(1, 6);
  expect(first[1]).toBeLessThan(0.9999);
  expect(last[0]).toBeCloseTo(none[0]!, 6);
  expect(last[1]).not.toBeCloseTo(none[1]!, 4);
  for (const value of both) expect(value).toBeCloseTo(1, 6);
});

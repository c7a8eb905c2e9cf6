import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { openSafetensors, readFloat32, readRaw } from '../../../src/core/checkpoint/safetensors.ts';
import type { Engine } from '../../../src/core/engine/program.ts';
import { embed, forward, logitsAt, type Model } from '../../../src/core/models/model.ts';

/** Tiny checkpoints of every family, with logits of transformers: see make.py there. */
export const FIXTURES = join(import.meta.dirname, '../../fixtures/models');

export const fixtureNames = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** One checkpoint of each family, and OPT-350m for its other width. */
export const families = [
  'gemma2',
  'gemma3',
  'gpt-neox',
  'gpt2',
  'llama',
  'mistral',
  'opt',
  'opt-350m',
  'phi3',
  'qwen2',
  'qwen3',
  'smollm3',
];

export interface Golden {
  readonly ids: Int32Array;
  /** [length, vocabulary]. */
  readonly logits: Float32Array;
}

/** What transformers computed, one sequence at a time. */
export async function readGolden(name: string, root = FIXTURES): Promise<Golden[]> {
  const { tensors } = await openSafetensors(join(root, name, 'golden.safetensors'));
  return [0, 1].map((i) => ({
    ids: new Int32Array(readRaw(tensors.get(`ids.${i}`)!).buffer),
    logits: readFloat32(tensors.get(`logits.${i}`)!),
  }));
}

/** Largest |actual − expected|. */
export function furthest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!(distance <= worst)) worst = distance;
  }
  return worst;
}

/** Logits of all positions of sequences of unequal length, padded on the right by token 1. */
export async function batchLogits(engine: Engine, model: Model, golden: readonly Golden[]) {
  const length = Math.max(...golden.map(({ ids }) => ids.length));
  const batch = golden.length;
  const ids = new Int32Array(batch * length).fill(1);
  golden.forEach((given, row) => {
    ids.set(given.ids, row * length);
  });
  const executable = await engine.compile({
    name: 'logits',
    inputs: { ids: { shape: [batch, length], dtype: 'int32' } },
    build(inputs) {
      const { hidden } = forward(model, embed(model, inputs['ids']!));
      const all = tf.tensor1d(Int32Array.from({ length: batch * length }, (_, row) => row));
      return { logits: logitsAt(model, hidden, all) };
    },
  });
  const { logits } = await executable.run({ ids });
  await executable.release();
  const width = model.config.vocabularySize;
  return golden.map((given, row) =>
    logits!.subarray(row * length * width, (row * length + given.ids.length) * width),
  );
}

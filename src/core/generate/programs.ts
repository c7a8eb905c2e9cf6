import * as tf from '@tensorflow/tfjs-core';
import type { Program, TensorSpec } from '../engine/program.ts';
import type { Arm } from '../evaluate/arm.ts';
import { armForward, frontInputs } from '../evaluate/score-program.ts';
import type { BlockOutput } from '../models/family.ts';
import { embed, forward, logitsAt, type Model } from '../models/model.ts';

const float = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const int = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });

const cacheOutputs = (blocks: readonly BlockOutput[]): Record<string, tf.Tensor> =>
  Object.fromEntries(
    blocks.flatMap(({ key, value }, layer) => [
      [`key.${layer}`, key],
      [`value.${layer}`, value],
    ]),
  );

/**
 * Reads the whole input: ids [1, length], `last` [1] the row (prompt included) whose next token is
 * wanted. Gives `logits` [1, vocabulary], every layer's `key.<l>` and `value.<l>`
 * [1, kv heads, prompt + length, head dim], and with a bank `choice` and `scores`.
 */
export function prefillProgram(arm: Arm, length: number): Program {
  const { model } = arm;
  return {
    name: 'prefill',
    inputs: { ids: int(1, length), last: int(1), ...frontInputs(arm, 1, length) },
    build(given) {
      const x = embed(model, given.ids!);
      const { forward: start, ...picked } = armForward(arm, x, given);
      const run = start();
      const logits = logitsAt(model, run.hidden, given.last!);
      return { logits, ...cacheOutputs(run.blocks), ...picked };
    },
  };
}

/**
 * Reads one token behind a cache of `capacity` positions: id and position [1, 1], mask
 * [1, 1, 1, capacity + 1], `key.<l>` and `value.<l>` [1, kv heads, capacity, head dim]. Gives
 * `logits` and the new position's keys and values.
 */
export function decodeProgram(model: Model, capacity: number): Program {
  const { layers, keyValueHeads, headDim } = model.config;
  const cache = float(1, keyValueHeads, capacity, headDim);
  const inputs: Record<string, TensorSpec> = {
    id: int(1, 1),
    position: int(1, 1),
    mask: float(1, 1, 1, capacity + 1),
  };
  for (let layer = 0; layer < layers; layer++) {
    inputs[`key.${layer}`] = cache;
    inputs[`value.${layer}`] = cache;
  }
  return {
    name: 'decode',
    inputs,
    build(given) {
      const past = Array.from({ length: layers }, (_, layer) => ({
        key: given[`key.${layer}`]!,
        value: given[`value.${layer}`]!,
      }));
      const { hidden, blocks } = forward(model, embed(model, given.id!), {
        positions: given.position!,
        mask: given.mask!,
        positionLimit: capacity + 1,
        past,
      });
      const row = tf.tensor1d([0], 'int32');
      return { logits: logitsAt(model, hidden, row), ...cacheOutputs(blocks) };
    },
  };
}

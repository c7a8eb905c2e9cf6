import * as tf from '@tensorflow/tfjs-core';
import { causalMask } from './attention.ts';
import type { BlockOutput, Family, ModelConfig, Past } from './family.ts';
import type { Weights } from './weights.ts';

/** A family, its configuration and parameters: everything a program needs to run the model. */
export interface Model {
  readonly family: Family;
  readonly config: ModelConfig;
  readonly weights: Weights;
}

/** Positions first, first + 1, … of a batch: [batch, length] int32. */
export function positionsFrom(first: number, batch: number, length: number): tf.Tensor {
  const positions = Int32Array.from({ length: batch * length }, (_, i) => first + (i % length));
  return tf.tensor2d(positions, [batch, length], 'int32');
}

/** The model as it reads sequences of this many positions. */
export function forLength(model: Model, positions: number): Model {
  const { family, config } = model;
  const settled = family.forLength?.(config, positions) ?? config;
  return settled === config ? model : { ...model, config: settled };
}

export interface ForwardOptions {
  /** Positions of x, [batch, length] int32; 0, 1, … by default. */
  readonly positions?: tf.Tensor;
  /** Added to the scores of every layer; causal by default. */
  readonly mask?: tf.Tensor;
  /** Largest position + 1; the length by default. */
  readonly positionLimit?: number;
  /** By layer. */
  readonly past?: readonly Past[];
  /** Blocks from `first` up to but not `last`: a part of the model, x being the input of `first`. */
  readonly first?: number;
  readonly last?: number;
}

export interface Forward {
  /** Last block's output, before the final norm: [batch, length, hidden]. */
  readonly hidden: tf.Tensor;
  readonly blocks: readonly BlockOutput[];
}

/** Embeddings [batch, length, embedding] as the first block reads them, [batch, length, hidden]. */
export const enter = ({ family, config, weights }: Model, x: tf.Tensor, positions: tf.Tensor) =>
  family.enter ? family.enter(config, weights, x, positions) : x;

/**
 * All blocks over embedded inputs x [batch, length, hidden]. Right padding needs no mask of its
 * own: causal attention never looks right.
 */
export function forward(model: Model, x: tf.Tensor, options: ForwardOptions = {}): Forward {
  const [batch, length] = x.shape as [number, number, number];
  const positions = options.positions ?? positionsFrom(0, batch, length);
  const mask = options.mask ?? causalMask(length);
  const positionLimit = options.positionLimit ?? length;
  const { first = 0 } = options;
  const entered = first === 0 ? enter(model, x, positions) : x;
  const blocks: BlockOutput[] = [];
  for (let layer = first; layer < (options.last ?? model.config.layers); layer++) {
    const past = options.past?.[layer];
    const input = { x: blocks.at(-1)?.x ?? entered, positions, mask, positionLimit };
    blocks.push(
      model.family.block(model.config, model.weights, layer, past ? { ...input, past } : input),
    );
  }
  return { hidden: blocks.at(-1)?.x ?? entered, blocks };
}

/** ids [batch, length] → [batch, length, embedding]. */
export const embed = (model: Model, ids: tf.Tensor): tf.Tensor =>
  model.family.embed(model.config, model.weights, ids);

/** Logits of chosen rows: hidden [batch, length, d], rows [n] int32 into batch·length → [n, vocabulary]. */
export function logitsAt(model: Model, hidden: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const width = hidden.shape[2]!;
  const picked = tf.gather(tf.reshape(hidden, [-1, width]), rows);
  return model.family.head(model.config, model.weights, picked);
}

/** Puts a soft prompt in front of every sequence: prompt [tokens, d] or [batch, tokens, d]. */
export function prependPrompt(prompt: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const [batch, , width] = x.shape as [number, number, number];
  if (prompt.shape.length === 3) return tf.concat([prompt, x], 1);
  // A broadcast sum, not a tile: its gradient is a plain sum.
  const zeros = tf.zeros([batch, 1, width]);
  return tf.concat([tf.add(tf.expandDims(prompt, 0), zeros), x], 1);
}

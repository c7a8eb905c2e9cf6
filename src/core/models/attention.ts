import * as tf from '@tensorflow/tfjs-core';
import type { Past } from './family.ts';

export const MASKED = -1e9;

/** [length, past + length]: 0 where a position may attend, MASKED elsewhere; all of the past is open. */
export function causalMask(length: number, past = 0): tf.Tensor2D {
  const width = past + length;
  const mask = new Float32Array(length * width);
  for (let i = 0; i < length; i++)
    for (let j = past + i + 1; j < width; j++) mask[i * width + j] = MASKED;
  return tf.tensor2d(mask, [length, width]);
}

/** [batch, length, heads·d] → [batch, heads, length, d]. */
export function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, length, d] → [batch, length, heads·d]. */
export function mergeHeads(x: tf.Tensor): tf.Tensor {
  const [batch, heads, length, d] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, length, heads * d]);
}

interface AttentionInput extends Past {
  /** [batch, heads, length, d]. */
  readonly query: tf.Tensor;
  readonly mask: tf.Tensor;
  readonly scale: number;
  readonly past?: Past;
}

/**
 * Scaled dot-product attention with grouped key/value heads. The queries of a group are stacked
 * along the length axis, so that keys and values are never repeated; the past is attended in
 * place, so that it is never copied.
 * @returns `output` [batch, heads, length, d], `attention` [batch, heads, length, past + length]
 */
export function attend({ query, key, value, mask, scale, past }: AttentionInput): {
  output: tf.Tensor;
  attention: tf.Tensor;
} {
  const [batch, heads, length, d] = query.shape as [number, number, number, number];
  const kvHeads = key.shape[1]!;
  const stacked = [batch, kvHeads, (heads / kvHeads) * length] as const;
  const q = tf.reshape(tf.mul(query, scale), [...stacked, d]);
  const scores = (keys: tf.Tensor) => tf.matMul(q, keys, false, true);
  const joined = past ? tf.concat([scores(past.key), scores(key)], 3) : scores(key);
  const width = joined.shape[3]!;
  const attention = tf.softmax(tf.add(tf.reshape(joined, [batch, heads, length, width]), mask));
  const weights = tf.reshape(attention, [...stacked, width]);
  if (!past) return { output: tf.reshape(tf.matMul(weights, value), query.shape), attention };
  const [before, now] = tf.split(weights, [width - length, length], 3) as [tf.Tensor, tf.Tensor];
  const sum = tf.add(tf.matMul(before, past.value), tf.matMul(now, value));
  return { output: tf.reshape(sum, query.shape), attention };
}

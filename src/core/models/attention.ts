import * as tf from '@tensorflow/tfjs-core';
import type { BlockInput, Past } from './family.ts';

export const MASKED = -1e9;

/** [length, past + length]: 0 where a position may attend, MASKED elsewhere; all of the past is open. */
export function causalMask(length: number, past = 0): tf.Tensor2D {
  const width = past + length;
  const mask = new Float32Array(length * width);
  for (let i = 0; i < length; i++)
    for (let j = past + i + 1; j < width; j++) mask[i * width + j] = MASKED;
  return tf.tensor2d(mask, [length, width]);
}

/**
 * The block's mask, closed also to keys `window` or more positions before their query (sliding
 * window, arXiv 2310.06825).
 */
export function windowMask(
  { mask, positions, positionLimit, past }: BlockInput,
  window: number | undefined,
): tf.Tensor {
  if (window === undefined || positionLimit <= window) return mask;
  const at = tf.cast(positions, 'float32');
  const now = tf.expandDims(at, 1);
  const slots = past?.key.shape[2] ?? 0;
  const zero = tf.zeros([at.shape[0]!, 1, 1]);
  const before = tf.tensor3d(
    Float32Array.from({ length: slots }, (_, slot) => past?.positions?.[slot] ?? slot),
    [1, 1, slots],
  );
  const keys = slots > 0 ? tf.concat([tf.add(before, zero), now], 2) : now;
  const tooFar = tf.greaterEqual(tf.sub(tf.expandDims(at, 2), keys), window);
  return tf.add(mask, tf.expandDims(tf.mul(tf.cast(tooFar, 'float32'), MASKED), 1));
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

/** cap · tanh(x / cap). */
export const squeeze = (x: tf.Tensor, cap: number): tf.Tensor =>
  tf.mul(tf.tanh(tf.div(x, cap)), cap);

interface AttentionInput extends Past {
  /** [batch, heads, length, d]. */
  readonly query: tf.Tensor;
  readonly mask: tf.Tensor;
  readonly scale: number;
  /** Scores are squeezed into ±softcap by a tanh (Gemma 2). */
  readonly softcap?: number | undefined;
  readonly past?: Past | undefined;
}

/**
 * Scaled dot-product attention with grouped key/value heads. The queries of a group are stacked
 * along the length axis, so that keys and values are never repeated; the past is attended in
 * place, so that it is never copied.
 * @returns `output` [batch, heads, length, d], `attention` [batch, heads, length, past + length]
 */
export function attend({ query, key, value, mask, scale, softcap, past }: AttentionInput): {
  output: tf.Tensor;
  attention: tf.Tensor;
} {
  const [batch, heads, length, d] = query.shape as [number, number, number, number];
  const kvHeads = key.shape[1]!;
  const stacked = [batch, kvHeads, (heads / kvHeads) * length] as const;
  const q = tf.reshape(tf.mul(query, scale), [...stacked, d]);
  const scores = (keys: tf.Tensor) => tf.matMul(q, keys, false, true);
  const raw = past ? tf.concat([scores(past.key), scores(key)], 3) : scores(key);
  const joined = softcap === undefined ? raw : squeeze(raw, softcap);
  const width = joined.shape[3]!;
  const attention = tf.softmax(tf.add(tf.reshape(joined, [batch, heads, length, width]), mask));
  const weights = tf.reshape(attention, [...stacked, width]);
  if (!past) return { output: tf.reshape(tf.matMul(weights, value), query.shape), attention };
  const [before, now] = tf.split(weights, [width - length, length], 3) as [tf.Tensor, tf.Tensor];
  const sum = tf.add(tf.matMul(before, past.value), tf.matMul(now, value));
  return { output: tf.reshape(sum, query.shape), attention };
}

import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from './family.ts';
import type { Weights } from './weights.ts';

/** x [batch, length, in] through a linear layer, rows flattened. */
export function project(weights: Weights, module: string, x: tf.Tensor): tf.Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  const y = weights.linear(module, tf.reshape(x, [batch * length, width]));
  return tf.reshape(y, [batch, length, y.shape[1]!]);
}

/** Logits by the transposed embedding: x [rows, width] → [rows, vocabulary]. */
export const tiedHead = (weights: Weights, embedding: string, x: tf.Tensor): tf.Tensor =>
  tf.matMul(x, weights.tensor(embedding), false, true);

/**
 * Rows of a table of learned positions [batch, length] int32, the first `offset` rows left out.
 * Padding may stand beyond the last position; it gets the last row.
 */
export function learnedPositions(
  weights: Weights,
  table: string,
  positions: tf.Tensor,
  { maxPositions }: Pick<ModelConfig, 'maxPositions'>,
  offset = 0,
): tf.Tensor {
  const last = tf.scalar(maxPositions - 1, 'int32');
  const rows = tf.add(tf.minimum(positions, last), tf.scalar(offset, 'int32'));
  return tf.gather(weights.tensor(table), rows);
}

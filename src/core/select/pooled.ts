import * as tf from '@tensorflow/tfjs-core';

/** Mean of the given tokens' embeddings: x [batch, length, width], real [batch, length] → [batch, width]. */
export function meanPooled(x: tf.Tensor, real: tf.Tensor): tf.Tensor {
  const sums = tf.sum(tf.mul(x, tf.expandDims(real, 2)), 1);
  return tf.div(sums, tf.sum(real, 1, true));
}

/** Largest value of the given tokens' embeddings in each dimension: [batch, width]. */
export function maxPooled(x: tf.Tensor, real: tf.Tensor): tf.Tensor {
  const hidden = tf.mul(tf.sub(1, tf.expandDims(real, 2)), -1e9);
  return tf.max(tf.add(x, hidden), 1);
}

/** Rows of length 1. */
export const unitRows = (x: tf.Tensor): tf.Tensor =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12)));

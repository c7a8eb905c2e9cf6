import * as tf from '@tensorflow/tfjs-core';

/** x · Φ(x) by its definition (arXiv 1606.08415). */
const gelu = (x: tf.Tensor): tf.Tensor =>
  tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

/** The tanh approximation of the same paper. */
function geluTanh(x: tf.Tensor): tf.Tensor {
  const cubed = tf.mul(tf.mul(tf.square(x), x), 0.044715);
  const inner = tf.mul(tf.add(x, cubed), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

const silu = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.sigmoid(x));

/** By the names that config.json gives them. */
const functions = {
  gelu,
  gelu_fast: geluTanh,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu: (x: tf.Tensor): tf.Tensor => tf.relu(x),
  silu,
  swish: silu,
} as const;

export type Activation = keyof typeof functions;

export const ACTIVATIONS = Object.keys(functions) as [Activation, ...Activation[]];

export const activate = (name: Activation, x: tf.Tensor): tf.Tensor => functions[name](x);

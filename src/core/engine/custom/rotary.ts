import * as tf from '@tensorflow/tfjs-core';

/** Rotary position embedding of the half-split kind (GPT-NeoX, LLaMA), as one kernel. */
export const ROTARY = 'Rotary';

/**
 * Rotates pairs (x_i, x_{i+d/2}) of each head by its position's angle (RoFormer, arXiv 2104.09864).
 * @param x [batch, heads, length, d]
 * @param positions [batch, length] int32, rows of the tables
 * @param cos [maximum, d/2] and `sin` alike
 */
export const rotary = (
  x: tf.Tensor,
  positions: tf.Tensor,
  cos: tf.Tensor,
  sin: tf.Tensor,
): tf.Tensor => tf.engine().runKernel(ROTARY, { x, positions, cos, sin }) as tf.Tensor;

/** The same in elementary operations, for eager backends. */
export function rotaryReference(
  x: tf.Tensor,
  positions: tf.Tensor,
  cos: tf.Tensor,
  sin: tf.Tensor,
): tf.Tensor {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  const half = width / 2;
  const at = (table: tf.Tensor) => tf.expandDims(tf.gather(table, positions), 1);
  const [c, s] = [at(cos), at(sin)];
  const first = tf.slice(x, [0, 0, 0, 0], [batch, heads, length, half]);
  const second = tf.slice(x, [0, 0, 0, half], [batch, heads, length, half]);
  return tf.concat(
    [tf.sub(tf.mul(first, c), tf.mul(second, s)), tf.add(tf.mul(second, c), tf.mul(first, s))],
    3,
  );
}

// A rotation's transpose is the rotation by the opposite angle.
tf.registerGradient({
  kernelName: ROTARY,
  inputsToSave: ['positions', 'cos', 'sin'],
  gradFunc: (dy, saved) => {
    const [positions, cos, sin] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
    return {
      x: () => rotary(dy as tf.Tensor, positions, cos, tf.neg(sin)),
      positions: () => tf.zerosLike(positions),
      cos: () => tf.zerosLike(cos),
      sin: () => tf.zerosLike(sin),
    };
  },
});

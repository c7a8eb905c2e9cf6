import * as tf from '@tensorflow/tfjs-core';

/**
 * Root-mean-square norm x / rms(x) · weight over the last axis (arXiv 1910.07467). The gradient is
 * written out: tfjs's own goes through five whole-size tensors more.
 */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor {
  const normalise = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), epsilon));
    const value = tf.mul(input, inverse);
    save([value, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [y, scale] = saved as [tf.Tensor, tf.Tensor];
      const along = tf.mean(tf.mul(dy, y), -1, true);
      return tf.mul(tf.sub(dy, tf.mul(y, along)), scale);
    };
    return { value, gradFunc };
  });
  return tf.mul(normalise(x), weight);
}

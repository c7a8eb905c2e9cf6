import * as tf from '@tensorflow/tfjs-core';

type Saver = (tf.Tensor | tf.GradSaveFunc)[];

/** x / rms(x) over the last axis. */
function rmsNormalise(x: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.customGrad((...args: Saver) => {
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
  })(x);
}

/** (x − mean) / deviation over the last axis. */
function standardise(x: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.customGrad((...args: Saver) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const centred = tf.sub(input, tf.mean(input, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const value = tf.mul(centred, inverse);
    save([value, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [y, scale] = saved as [tf.Tensor, tf.Tensor];
      const along = tf.mean(tf.mul(dy, y), -1, true);
      const level = tf.mean(dy, -1, true);
      return tf.mul(tf.sub(tf.sub(dy, level), tf.mul(y, along)), scale);
    };
    return { value, gradFunc };
  })(x);
}

/**
 * Root-mean-square norm x / rms(x) · weight over the last axis (arXiv 1910.07467). The gradient is
 * written out: tfjs's own goes through five whole-size tensors more.
 */
export const rmsNorm = (x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor =>
  tf.mul(rmsNormalise(x, epsilon), weight);

/** Layer norm over the last axis (arXiv 1607.06450); weight and bias may be absent. */
export function layerNorm(
  x: tf.Tensor,
  epsilon: number,
  weight?: tf.Tensor,
  bias?: tf.Tensor,
): tf.Tensor {
  const y = standardise(x, epsilon);
  const scaled = weight ? tf.mul(y, weight) : y;
  return bias ? tf.add(scaled, bias) : scaled;
}

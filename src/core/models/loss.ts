import * as tf from '@tensorflow/tfjs-core';

/**
 * −log p(target) of each row: logits [rows, vocabulary], targets [rows] int32 → [rows].
 * The gradient softmax − one-hot is written out: no second pass over the vocabulary for the log.
 */
export function negativeLogLikelihood(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const vocabulary = logits.shape[1]!;
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const logProbabilities = tf.logSoftmax(x);
    const picked = tf.oneHot(targets, vocabulary);
    save([logProbabilities, picked]);
    return {
      value: tf.neg(tf.sum(tf.mul(logProbabilities, picked), 1)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [logs, target] = saved as [tf.Tensor, tf.Tensor];
        return tf.mul(tf.sub(tf.exp(logs), target), tf.expandDims(dy, 1));
      },
    };
  })(logits);
}

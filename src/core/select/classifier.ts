import * as tf from '@tensorflow/tfjs-core';
import type { SelectorInput } from './input.ts';
import { meanPooled } from './pooled.ts';
import type { SelectorOf } from './selector.ts';

/** A linear layer on the input's mean embedding: [batch, count]. */
export function classifierScores(
  { weights, bias }: SelectorOf<'classifier'>,
  { bank, x, real }: SelectorInput,
): tf.Tensor {
  const matrix = tf.tensor2d(weights, [bank.count, bank.width]);
  return tf.add(tf.matMul(meanPooled(x, real), matrix, false, true), tf.tensor1d(bias));
}

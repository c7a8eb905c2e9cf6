import * as tf from '@tensorflow/tfjs-core';
import { causalMask } from '../models/attention.ts';
import { type Forward, forward, type Model, prependPrompt } from '../models/model.ts';
import { type BankShape, isRagged, paddingMask } from './bank.ts';

/**
 * The model over [chosen prompt, input]. The other prompts are not there at all, so the result is
 * that of the chosen prompt alone.
 * @param prompts [count, tokens, width]
 * @param choice [batch] int32
 */
export function promptedForward(
  model: Model,
  bank: BankShape,
  prompts: tf.Tensor,
  choice: tf.Tensor,
  x: tf.Tensor,
): Forward {
  const joined = prependPrompt(tf.gather(prompts, choice), x);
  if (!isRagged(bank)) return forward(model, joined);
  return forward(model, joined, { mask: paddedCausalMask(bank, choice, x.shape[1]!) });
}

/** The model over [prompt, input], every input with a prompt of its own [batch, tokens, width]. */
export const mixedForward = (model: Model, prompts: tf.Tensor, x: tf.Tensor): Forward =>
  forward(model, prependPrompt(prompts, x));

/** Causal over [chosen prompt, input] with the prompt's padding hidden: [batch, 1, width, width]. */
export function paddedCausalMask(bank: BankShape, choice: tf.Tensor, length: number): tf.Tensor {
  const padding = tf.pad(tf.gather(paddingMask(bank), choice) as tf.Tensor2D, [
    [0, 0],
    [0, length],
  ]);
  const width = bank.tokens + length;
  return tf.add(causalMask(width), tf.reshape(padding, [choice.shape[0]!, 1, 1, width]));
}

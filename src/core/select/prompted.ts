import * as tf from '@tensorflow/tfjs-core';
import { causalMask } from '../models/attention.ts';
import { type Forward, forward, type Model, prependPrompt } from '../models/model.ts';
import { type BankShape, isRagged, paddingMask } from './bank.ts';

/** The chosen prompt of every input: prompts [count, tokens, width], choice [batch] → [batch, tokens, width]. */
const chosenPrompts = (prompts: tf.Tensor, choice: tf.Tensor): tf.Tensor =>
  tf.gather(prompts, choice);

/**
 * The model over [chosen prompt, input]. The other prompts are not there at all, so the result is
 * that of the chosen prompt alone.
 * @param choice [batch] int32
 */
export function promptedForward(
  model: Model,
  bank: BankShape,
  prompts: tf.Tensor,
  choice: tf.Tensor,
  x: tf.Tensor,
): Forward {
  const [batch, length] = x.shape as [number, number, number];
  const joined = prependPrompt(chosenPrompts(prompts, choice), x);
  if (!isRagged(bank)) return forward(model, joined);
  const padding = tf.pad(tf.gather(paddingMask(bank), choice) as tf.Tensor2D, [
    [0, 0],
    [0, length],
  ]);
  const width = bank.tokens + length;
  const mask = tf.add(causalMask(width), tf.reshape(padding, [batch, 1, 1, width]));
  return forward(model, joined, { mask });
}

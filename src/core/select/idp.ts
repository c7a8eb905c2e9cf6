import * as tf from '@tensorflow/tfjs-core';
import { MASKED } from '../models/attention.ts';
import { forward, type Model } from '../models/model.ts';
import type { BankShape } from './bank.ts';

/**
 * Attention mask over [prompt 1 … prompt m, input]: a prompt sees itself (causally) and no other
 * prompt, the input sees every prompt and itself (causally); padding is seen by nobody.
 */
function bankMask({ count, tokens, lengths }: BankShape, length: number): tf.Tensor2D {
  const width = count * tokens + length;
  const mask = new Float32Array(width * width).fill(MASKED);
  const open = (row: number, from: number, to: number) =>
    mask.fill(0, row * width + from, row * width + to);
  for (let k = 0; k < count; k++) {
    const end = (k + 1) * tokens;
    const begin = end - lengths[k]!;
    for (let row = k * tokens; row < end; row++) open(row, Math.min(begin, row), row + 1);
    for (let row = count * tokens; row < width; row++) open(row, begin, end);
  }
  for (let row = count * tokens; row < width; row++) open(row, count * tokens, row + 1);
  return tf.tensor2d(mask, [width, width]);
}

/** Every prompt at positions 0 … tokens − 1, the input right behind: no prompt is nearer. */
function bankPositions({ count, tokens }: BankShape, batch: number, length: number): tf.Tensor2D {
  const row = [
    ...Array.from({ length: count * tokens }, (_, i) => i % tokens),
    ...Array.from({ length }, (_, i) => tokens + i),
  ];
  const width = row.length;
  const positions = Int32Array.from({ length: batch * width }, (_, i) => row[i % width]!);
  return tf.tensor2d(positions, [batch, width], 'int32');
}

export interface IdpInput {
  readonly bank: BankShape;
  /** [count, tokens, width]. */
  readonly prompts: tf.Tensor;
  /** Embedded input [batch, length, width]. */
  readonly x: tf.Tensor;
  /** [batch, length]: 1 at the given tokens, 0 at those to be predicted and at padding. */
  readonly real: tf.Tensor;
  /** Block whose attention decides. */
  readonly layer: number;
}

/**
 * Inference-time dynamic prompting (arXiv 2310.00867, section 4): all prompts stand in front of the
 * input, masked from each other; a prompt's score is the attention that the input's real tokens pay
 * it at `layer`, averaged over heads, input tokens and the prompt's own tokens, so that a longer
 * prompt gains nothing by its length.
 * @returns [batch, count]; the largest is the prompt to keep.
 */
export function idpScores(model: Model, { bank, prompts, x, real, layer }: IdpInput): tf.Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  const { count, tokens } = bank;
  const row = tf.reshape(prompts, [1, count * tokens, width]);
  const front = tf.add(row, tf.zeros([batch, 1, width]));
  const { blocks } = forward(
    { ...model, config: { ...model.config, layers: layer + 1 } },
    tf.concat([front, x], 1),
    {
      positions: bankPositions(bank, batch, length),
      mask: bankMask(bank, length),
      // Positions reach tokens + length only, but the kernel wants a table row per sequence element.
      positionLimit: count * tokens + length,
    },
  );
  const total = count * tokens;
  const heads = blocks[layer]!.attention.shape[1]!;
  const toPrompts = tf.slice(
    blocks[layer]!.attention,
    [0, 0, total, 0],
    [batch, heads, length, total],
  );
  const byToken = tf.mean(toPrompts, 1);
  const weighted = tf.mul(byToken, tf.expandDims(real, 2));
  const sums = tf.sum(tf.reshape(tf.sum(weighted, 1), [batch, count, tokens]), 2);
  const inputs = tf.sum(real, 1, true);
  return tf.div(tf.div(sums, inputs), tf.tensor1d(bank.lengths.slice()));
}

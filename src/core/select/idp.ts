import * as tf from '@tensorflow/tfjs-core';
import { causalMask, MASKED } from '../models/attention.ts';
import type { BlockOutput, Past } from '../models/family.ts';
import { type Forward, forward, type Model, positionsFrom } from '../models/model.ts';
import type { Routing } from '../tune/joint.ts';
import { type BankShape, isRagged, paddingMask } from './bank.ts';
import type { SelectorInput } from './input.ts';
import { paddedCausalMask } from './prompted.ts';
import type { SelectorOf } from './selector.ts';

/**
 * Inference-time dynamic prompting (arXiv 2310.00867, section 4) in one pass. Up to `layer` the
 * input attends to all prompts, which are masked from each other; there a prompt's score is the
 * attention that the input's given tokens pay it, averaged over heads, those tokens and the
 * prompt's own, so that a longer prompt gains nothing by its length. From `layer` on only the
 * chosen prompt and the input go on. At layer 0 that is exactly the chosen prompt alone. (Generated
 * tokens, which come after the choice, attend to the chosen prompt alone in every block.)
 *
 * Every prompt stands at positions 0 … tokens − 1 with the input right behind: no prompt is nearer.
 * Since prompts see neither each other nor the input, they are computed once for the whole batch.
 * @returns scores [batch, count], the largest of which is to be kept, and how the model goes on
 */
export function idp(
  model: Model,
  { bank, prompts, x, real }: SelectorInput,
  layer: number,
): { readonly scores: tf.Tensor; forward(choice: tf.Tensor): Forward } {
  const [batch, length] = x.shape as [number, number, number];
  const { count, tokens } = bank;
  const positionLimit = tokens + length;
  const fronts = forward(model, prompts, {
    positions: positionsFrom(0, count, tokens),
    positionLimit,
    mask: bankMask(bank),
    last: layer + 1,
  });
  const inputs = forward(model, x, {
    positions: positionsFrom(tokens, batch, length),
    // The kernel wants a table row per sequence element.
    positionLimit,
    mask: inputMask(bank, length),
    past: fronts.blocks.map((block) => asOnePast(block, batch)),
    last: layer + 1,
  });
  const scores = promptAttention(bank, inputs.blocks[layer]!.attention, real);
  return {
    scores,
    forward: (choice) =>
      layer === 0
        ? goOn(model, bank, { choice, prompts, x, layer, lower: [] })
        : goOn(model, bank, {
            choice,
            prompts: fronts.blocks[layer - 1]!.x,
            x: inputs.blocks[layer - 1]!.x,
            layer,
            lower: joinBlocks(fronts.blocks, inputs.blocks, choice).slice(0, layer),
          }),
  };
}

/**
 * Prompts that are tuned together also learn to be attended to by their own inputs, at `layer`.
 */
export const idpRouting = (weight: number, layer: number): Routing => ({
  weight,
  scores(model, prompts, x, real) {
    const [count, tokens, width] = prompts.shape as [number, number, number];
    const bank = { count, tokens, width, lengths: Array.from({ length: count }, () => tokens) };
    return idp(model, { bank, prompts, x, real }, layer).scores;
  },
});

/** Of every prompt: causal, its padding hidden. */
const bankMask = (bank: BankShape): tf.Tensor =>
  tf.add(causalMask(bank.tokens), tf.reshape(paddingMask(bank), [bank.count, 1, 1, bank.tokens]));

/** [length, count · tokens + length]: all of every prompt but its padding, and the input causally. */
function inputMask({ count, tokens, lengths }: BankShape, length: number): tf.Tensor2D {
  const total = count * tokens;
  const width = total + length;
  const mask = new Float32Array(length * width);
  for (let row = 0; row < length; row++) {
    lengths.forEach((real, k) => {
      const start = row * width + k * tokens;
      mask.fill(MASKED, start, start + tokens - real);
    });
    mask.fill(MASKED, row * width + total + row + 1, (row + 1) * width);
  }
  return tf.tensor2d(mask, [length, width]);
}

/** Keys and values of all prompts [count, heads, tokens, d] as one past [batch, heads, count · tokens, d]. */
function asOnePast({ key, value }: BlockOutput, batch: number): Past {
  const [count, heads, tokens, d] = key.shape as [number, number, number, number];
  const one = (x: tf.Tensor) => {
    const joined = tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [1, heads, count * tokens, d]);
    // A broadcast sum, because the gradient of a product knows of no broadcasting.
    return batch === 1 ? joined : tf.add(joined, tf.zeros([batch, 1, 1, 1]));
  };
  const positions = Array.from({ length: count * tokens }, (_, slot) => slot % tokens);
  return { key: one(key), value: one(value), positions };
}

/** attention [batch, heads, length, count · tokens + length] → [batch, count]. */
function promptAttention(bank: BankShape, attention: tf.Tensor, real: tf.Tensor): tf.Tensor {
  const [batch, heads, length] = attention.shape as [number, number, number, number];
  const { count, tokens } = bank;
  const toPrompts = tf.slice(attention, [0, 0, 0, 0], [batch, heads, length, count * tokens]);
  const weighted = tf.mul(tf.mean(toPrompts, 1), tf.expandDims(real, 2));
  const sums = tf.sum(tf.reshape(tf.sum(weighted, 1), [batch, count, tokens]), 2);
  const inputs = tf.sum(real, 1, true);
  return tf.div(tf.div(sums, inputs), tf.tensor1d(bank.lengths.slice()));
}

interface Rest {
  readonly choice: tf.Tensor;
  /** What block `layer` would read of every prompt [count, tokens, hidden] and of the input. */
  readonly prompts: tf.Tensor;
  readonly x: tf.Tensor;
  readonly layer: number;
  /** Blocks below `layer`, of the chosen prompt and the input. */
  readonly lower: readonly BlockOutput[];
}

/** Block `layer` and those above it over [chosen prompt, input]. */
function goOn(model: Model, bank: BankShape, rest: Rest): Forward {
  const { choice, prompts, x, layer, lower } = rest;
  const joined = tf.concat([tf.gather(prompts, choice), x], 1);
  const mask = isRagged(bank) ? paddedCausalMask(bank, choice, x.shape[1]!) : undefined;
  const { hidden, blocks } = forward(model, joined, { first: layer, ...(mask ? { mask } : {}) });
  return { hidden, blocks: [...lower, ...blocks] };
}

/** Keys and values of [chosen prompt, input]; states and attention are the input's. */
const joinBlocks = (
  fronts: readonly BlockOutput[],
  inputs: readonly BlockOutput[],
  choice: tf.Tensor,
): BlockOutput[] =>
  inputs.map((input, layer) => ({
    ...input,
    key: tf.concat([tf.gather(fronts[layer]!.key, choice), input.key], 2),
    value: tf.concat([tf.gather(fronts[layer]!.value, choice), input.value], 2),
  }));

/**
 * Our variant: prompts differ in how much attention they draw whatever the input, so that the
 * loudest one would always be kept. What counts is by how many standard deviations the attention
 * is above what tuning inputs pay the same prompt.
 */
export const calibrated = (
  { means, deviations }: SelectorOf<'idp-calibrated'>,
  scores: tf.Tensor,
): tf.Tensor => tf.div(tf.sub(scores, tf.tensor1d(means)), tf.tensor1d(deviations));

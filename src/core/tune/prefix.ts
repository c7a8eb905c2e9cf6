import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/program.ts';
import { causalMask } from '../models/attention.ts';
import type { ModelConfig, Past } from '../models/family.ts';
import { embed, type Forward, forward, type Model, positionsFrom } from '../models/model.ts';
import type { Adaptation } from './objective.ts';
import { initialPrompt, type PromptOptions } from './prompt.ts';
import type { TrainResult } from './train.ts';
import { type Subject, type TuneData, type TuneRun, tuneAdaptation } from './tune.ts';
import type { Prefix } from './types.ts';

export interface TunedPrefix extends Pick<TrainResult, 'history' | 'best' | 'stoppedAt'> {
  readonly prefix: Prefix;
}

/**
 * Prefix tuning (arXiv 2101.00190) without its training-time network: keys and values of `tokens`
 * positions are learned for every block. It starts from those that the model computes for the
 * prompt that `options` would start from, and so as well as that prompt.
 * @throws as `tunePrompt`
 */
export async function tunePrefix(
  subject: Subject,
  data: TuneData,
  options: PromptOptions,
  run: TuneRun = {},
): Promise<TunedPrefix> {
  const { model, engine } = subject;
  const { layers, keyValueHeads, headDim } = model.config;
  const { name, tokens } = options;
  const start = await initialPrompt(subject, data, options);
  const values = await promptPrefix(engine, model, start, tokens);
  const adaptation = prefixAdaptation(model, tokens);
  const result = await tuneAdaptation(subject, adaptation, { prefix: values }, data, options, run);
  const tuned = result.parameters['prefix']!;
  return {
    prefix: { name, tokens, layers, keyValueHeads, headDim, values: tuned },
    history: result.history,
    best: result.best,
    stoppedAt: result.stoppedAt,
  };
}

/** Numbers per virtual token: keys and values of all blocks. */
export const prefixWidth = ({ layers, keyValueHeads, headDim }: ModelConfig): number =>
  layers * 2 * keyValueHeads * headDim;

/** `prefix` [tokens, width]: the model's past at every sequence. */
export const prefixAdaptation = (model: Model, tokens: number): Adaptation => ({
  name: 'prefix',
  shapes: { prefix: [tokens, prefixWidth(model.config)] },
  prefix: 0,
  past: tokens,
  apply: ({ prefix }, ids) => ({
    model,
    hidden: prefixedForward(model, prefix!, embed(model, ids)).hidden,
  }),
});

/** The model over embedded inputs x [batch, length, hidden] behind `prefix` [tokens, width]. */
export function prefixedForward(model: Model, prefix: tf.Tensor, x: tf.Tensor): Forward {
  const [batch, length] = x.shape as [number, number, number];
  const tokens = prefix.shape[0]!;
  return forward(model, x, {
    positions: positionsFrom(tokens, batch, length),
    positionLimit: tokens + length,
    mask: causalMask(length, tokens),
    past: prefixPast(model.config, prefix, batch),
  });
}

/** [tokens, width] → keys and values of every block, the same for each of a batch. */
function prefixPast(config: ModelConfig, prefix: tf.Tensor, batch: number): Past[] {
  const { layers, keyValueHeads, headDim } = config;
  const tokens = prefix.shape[0]!;
  const byPart = tf.transpose(
    tf.reshape(prefix, [tokens, layers * 2, keyValueHeads, headDim]),
    [1, 2, 0, 3],
  );
  const zeros = tf.zeros([batch, 1, 1, 1]);
  // A broadcast sum, not a tile: its gradient is a plain sum.
  const parts = tf.split(byPart, layers * 2, 0).map((part) => tf.add(part, zeros));
  return Array.from({ length: layers }, (_, layer) => ({
    key: parts[2 * layer]!,
    value: parts[2 * layer + 1]!,
  }));
}

/** The prefix that a prompt [tokens, hidden] amounts to: the model's keys and values at its tokens. */
async function promptPrefix(
  engine: Engine,
  model: Model,
  prompt: Float32Array,
  tokens: number,
): Promise<Float32Array> {
  const { embeddingSize, layers, keyValueHeads, headDim } = model.config;
  const program = await engine.compile({
    name: 'prompt-prefix',
    inputs: { prompt: { shape: [1, tokens, embeddingSize], dtype: 'float32' } },
    build({ prompt: x }) {
      const parts = forward(model, x!).blocks.flatMap(({ key, value }) => [key, value]);
      const joined = tf.transpose(tf.concat(parts, 0), [2, 0, 1, 3]);
      return { prefix: tf.reshape(joined, [tokens, layers * 2 * keyValueHeads * headDim]) };
    },
  });
  try {
    return (await program.run({ prompt })).prefix as Float32Array;
  } finally {
    await program.release();
  }
}

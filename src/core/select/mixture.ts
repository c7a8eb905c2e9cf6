import * as tf from '@tensorflow/tfjs-core';
import { KintsugiError } from '../../shared/errors.ts';
import { embed, type Model } from '../models/model.ts';
import { createRandom } from '../random.ts';
import { GIVEN_MASK, givenMask } from '../tune/given.ts';
import type { Adaptation } from '../tune/objective.ts';
import {
  type Subject,
  type TuneData,
  type TuneOptions,
  type TuneRun,
  tuneAdaptation,
} from '../tune/tune.ts';
import { isRagged, type StackedBank } from './bank.ts';
import type { SelectorInput } from './input.ts';
import { maxPooled, unitRows } from './pooled.ts';
import { mixedForward } from './prompted.ts';
import type { SelectorOf } from './selector.ts';

/**
 * Weights of a soft mixture (after ATTEMPT, arXiv 2205.11961): a bottleneck network on the input's
 * max-pooled embedding, against the prompts' max-pooled rows; [batch, count], each row summing to 1.
 */
export const mixtureWeights = (
  { rank, down, up }: SelectorOf<'mixture'>,
  input: SelectorInput,
): tf.Tensor => {
  const { width } = input.bank;
  return weightsOf(tf.tensor2d(down, [rank, width]), tf.tensor2d(up, [width, rank]), input);
};

type MixtureInput = Pick<SelectorInput, 'prompts' | 'x' | 'real'>;

function weightsOf(down: tf.Tensor, up: tf.Tensor, { prompts, x, real }: MixtureInput): tf.Tensor {
  const narrow = tf.matMul(maxPooled(x, real), down, false, true);
  const wide = tf.matMul(tf.mul(narrow, tf.sigmoid(narrow)), up, false, true);
  return tf.softmax(tf.matMul(wide, unitRows(tf.max(prompts, 1)), false, true));
}

/** prompts [count, tokens, width], weights [batch, count] → [batch, tokens, width]. */
export function mixturePrompt(prompts: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const [count, tokens, width] = prompts.shape as [number, number, number];
  const mixed = tf.matMul(weights, tf.reshape(prompts, [count, tokens * width]));
  return tf.reshape(mixed, [weights.shape[0]!, tokens, width]);
}

/**
 * Learns the mixing network with prompts and model frozen; the loss is that of tuning.
 * @throws KintsugiError ARGUMENT_INVALID for prompts of different lengths; as `tuneAdaptation`
 */
export async function tuneMixture(
  subject: Subject,
  bank: StackedBank,
  data: TuneData,
  options: TuneOptions & { readonly rank: number },
  run: TuneRun = {},
): Promise<SelectorOf<'mixture'>> {
  if (isRagged(bank))
    throw new KintsugiError('ARGUMENT_INVALID', 'Prompts of different lengths cannot be mixed', {
      field: 'selector.kind',
      next: 'Choose another selector, or prompts of one length.',
    });
  const { rank } = options;
  const { width } = bank;
  const random = createRandom(options.seed, 'mixture');
  const draw = () => random.normal() / Math.sqrt(width);
  const start = {
    // Nothing is known at first: all prompts weigh the same.
    up: new Float32Array(width * rank),
    down: Float32Array.from({ length: rank * width }, draw),
  };
  const adaptation = mixtureAdaptation(subject.model, bank, rank);
  const { parameters } = await tuneAdaptation(subject, adaptation, start, data, options, run);
  return { kind: 'mixture', rank, down: parameters['down']!, up: parameters['up']! };
}

function mixtureAdaptation(model: Model, bank: StackedBank, rank: number): Adaptation {
  const { count, tokens, width } = bank;
  return {
    name: 'mixture',
    shapes: { down: [rank, width], up: [width, rank] },
    prefix: tokens,
    extra: givenMask,
    apply({ down, up }, ids, extra) {
      const prompts = tf.tensor3d(bank.embeddings, [count, tokens, width]);
      const x = embed(model, ids);
      const weights = weightsOf(down!, up!, { prompts, x, real: extra[GIVEN_MASK]! });
      return { model, hidden: mixedForward(model, mixturePrompt(prompts, weights), x).hidden };
    },
  };
}

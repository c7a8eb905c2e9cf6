import * as tf from '@tensorflow/tfjs-core';
import { MASKED } from '../models/attention.ts';
import type { SoftPrompt } from '../tune/types.ts';

/**
 * Prompts of one bank as one array. Shorter prompts are padded on the left, so that every prompt
 * ends right in front of the input whatever its length.
 */
export interface StackedBank {
  readonly count: number;
  /** Longest prompt, in virtual tokens. */
  readonly tokens: number;
  readonly width: number;
  /** [count, tokens, width]. */
  readonly embeddings: Float32Array;
  /** Real tokens of each prompt. */
  readonly lengths: readonly number[];
}

export function stackBank(prompts: readonly SoftPrompt[]): StackedBank {
  const first = prompts[0];
  if (!first) throw new RangeError('A bank holds at least one prompt');
  const { width } = first;
  const tokens = Math.max(...prompts.map((prompt) => prompt.tokens));
  const embeddings = new Float32Array(prompts.length * tokens * width);
  prompts.forEach((prompt, k) => {
    embeddings.set(prompt.embeddings, ((k + 1) * tokens - prompt.tokens) * width);
  });
  return {
    count: prompts.length,
    tokens,
    width,
    embeddings,
    lengths: prompts.map((prompt) => prompt.tokens),
  };
}

/** What a program must know of a bank to be traced; the embeddings themselves are an input. */
export type BankShape = Omit<StackedBank, 'embeddings'>;

export const isRagged = ({ lengths, tokens }: BankShape): boolean =>
  lengths.some((length) => length !== tokens);

/** [count, tokens]: MASKED at the padding of each prompt, 0 elsewhere. */
export function paddingMask({ count, tokens, lengths }: BankShape): tf.Tensor2D {
  const mask = new Float32Array(count * tokens);
  lengths.forEach((length, k) => {
    mask.fill(MASKED, k * tokens, (k + 1) * tokens - length);
  });
  return tf.tensor2d(mask, [count, tokens]);
}

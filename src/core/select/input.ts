import type * as tf from '@tensorflow/tfjs-core';
import type { BankShape } from './bank.ts';

/** What selectors see of a batch. */
export interface SelectorInput {
  readonly bank: BankShape;
  /** [count, tokens, width]. */
  readonly prompts: tf.Tensor;
  /** Embedded input [batch, length, width]. */
  readonly x: tf.Tensor;
  /** [batch, length]: 1 at the given tokens, 0 at those to be predicted and at padding. */
  readonly real: tf.Tensor;
  /** [batch] int32: prompts drawn by lot, for a selector that needs them. */
  readonly drawn?: tf.Tensor;
}

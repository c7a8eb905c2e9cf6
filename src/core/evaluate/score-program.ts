import * as tf from '@tensorflow/tfjs-core';
import type { Program, TensorSpec, Tensors } from '../engine/program.ts';
import { negativeLogLikelihood } from '../models/loss.ts';
import { embed, forward, logitsAt } from '../models/model.ts';
import { drawPrompt } from '../select/random.ts';
import { type Selection, selectPrompt } from '../select/selection.ts';
import { prefixedForward, prefixWidth } from '../tune/prefix.ts';
import type { Arm } from './arm.ts';

export interface ScoreShape {
  readonly batch: number;
  readonly length: number;
  /** Scored positions in the whole batch. */
  readonly rows: number;
}

const float = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const int = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });

/**
 * Scores next tokens: `nll` [rows] and `greedy` [rows] (the most likely token) at flat positions
 * `rows` of ids [batch, length] against `targets`. With a bank also `choice` [batch] and, where the
 * selector has any, `scores` [batch, prompts] (`real` marks the given tokens, which choose).
 * Rows count in the joined sequences: position t of sequence b behind a prompt of n tokens is row
 * b·(n + length) + n + t.
 */
export function scoreProgram(arm: Arm, shape: ScoreShape): Program {
  const { batch, length, rows } = shape;
  const { model } = arm;
  const inputs: Record<string, TensorSpec> = {
    ids: int(batch, length),
    rows: int(rows),
    targets: int(rows),
    ...frontInputs(arm, batch, length),
  };
  return {
    name: 'score',
    inputs,
    build(given) {
      const x = embed(model, given.ids!);
      const { forward: run, ...picked } = armForward(arm, x, given);
      return { ...score(arm, run().hidden, given), ...picked };
    },
  };
}

/** What stands in front of the input: `prefix`, or `prompts` with the tokens that choose, `real`. */
export function frontInputs(
  { model, bank, prefix, selector }: Arm,
  batch: number,
  length: number,
): Record<string, TensorSpec> {
  if (prefix) return { prefix: float(prefix.tokens, prefixWidth(model.config)) };
  if (!bank) return {};
  return {
    prompts: float(bank.count, bank.tokens, bank.width),
    real: float(batch, length),
    ...(selector?.kind === 'random' ? { drawn: int(batch) } : {}),
  };
}

/** Values of `frontInputs` that do not follow from the arm alone. `given` are each input's tokens. */
export function chosenByLot(
  { bank, selector }: Arm,
  given: readonly (readonly number[])[],
): Record<string, Int32Array> {
  if (selector?.kind !== 'random' || !bank) return {};
  return {
    drawn: Int32Array.from(given, (ids) => drawPrompt(selector.seed, ids, bank.count)),
  };
}

/** The arm over embedded inputs x [batch, length, width]: how it goes on, and what it chose if it has a bank. */
export function armForward(
  { model, bank, selector, prefix }: Arm,
  x: tf.Tensor,
  { prompts, real, drawn, prefix: past }: Tensors,
): Pick<Selection, 'forward'> & Partial<Selection> {
  if (prefix) return { forward: () => prefixedForward(model, past!, x) };
  if (!bank || !selector) return { forward: () => forward(model, x) };
  const input = { bank, prompts: prompts!, x, real: real! };
  return selectPrompt(model, selector, drawn ? { ...input, drawn } : input);
}

function score(
  { model }: Arm,
  hidden: tf.Tensor,
  { rows, targets }: Tensors,
): Record<'nll' | 'greedy', tf.Tensor> {
  const logits = logitsAt(model, hidden, rows!);
  return { nll: negativeLogLikelihood(logits, targets!), greedy: tf.argMax(logits, 1) };
}

import * as tf from '@tensorflow/tfjs-core';
import type { Program, TensorSpec, Tensors } from '../engine/program.ts';
import { negativeLogLikelihood } from '../models/loss.ts';
import { embed, type Forward, forward, logitsAt } from '../models/model.ts';
import { idpScores } from '../select/idp.ts';
import { promptedForward } from '../select/prompted.ts';
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
 * `rows` of ids [batch, length] against `targets`. With a bank also `choice` [batch] and, for IDP,
 * `scores` [batch, prompts] (`real` marks the given tokens, which choose).
 * Rows count in the joined sequences: position t of sequence b behind a prompt of n tokens is row
 * b·(n + length) + n + t.
 */
export function scoreProgram(arm: Arm, shape: ScoreShape): Program {
  const { batch, length, rows } = shape;
  const { model, bank } = arm;
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
      const picked = choosePrompt(arm, x, given);
      if (!bank || !picked) return score(arm, plainForward(arm, x, given).hidden, given);
      const { hidden } = promptedForward(model, bank, given.prompts!, picked.choice, x);
      return { ...score(arm, hidden, given), ...picked };
    },
  };
}

/** What stands in front of the input: `prefix`, or `prompts` with the tokens that choose, `real`. */
export function frontInputs(
  { model, bank, prefix }: Arm,
  batch: number,
  length: number,
): Record<string, TensorSpec> {
  if (prefix) return { prefix: float(prefix.tokens, prefixWidth(model.config)) };
  if (!bank) return {};
  return {
    prompts: float(bank.count, bank.tokens, bank.width),
    real: float(batch, length),
  };
}

/** The model over embedded inputs x, behind the arm's prefix if it has one. */
export const plainForward = ({ model, prefix }: Arm, x: tf.Tensor, given: Tensors): Forward =>
  prefix ? prefixedForward(model, given.prefix!, x) : forward(model, x);

/** The prompt that the arm's selector keeps for every input x [batch, length, width], if it has a bank. */
export function choosePrompt(
  { model, bank, selector }: Arm,
  x: tf.Tensor,
  { prompts, real }: Tensors,
): { readonly choice: tf.Tensor; readonly scores?: tf.Tensor } | undefined {
  if (!bank || !selector) return undefined;
  const batch = x.shape[0]!;
  if (selector.kind === 'fixed') return { choice: tf.fill([batch], selector.prompt, 'int32') };
  const { layer } = selector;
  const scores = idpScores(model, { bank, prompts: prompts!, x, real: real!, layer });
  return { choice: tf.argMax(scores, 1), scores };
}

function score(
  { model }: Arm,
  hidden: tf.Tensor,
  { rows, targets }: Tensors,
): Record<'nll' | 'greedy', tf.Tensor> {
  const logits = logitsAt(model, hidden, rows!);
  return { nll: negativeLogLikelihood(logits, targets!), greedy: tf.argMax(logits, 1) };
}

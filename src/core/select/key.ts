import * as tf from '@tensorflow/tfjs-core';
import type { SoftPrompt } from '../tune/types.ts';
import type { SelectorInput } from './input.ts';
import { meanPooled, unitRows } from './pooled.ts';
import type { SelectorOf } from './selector.ts';

/**
 * Key matching (after L2P, arXiv 2112.08654): cosine of the input's mean embedding with each
 * prompt's key, [batch, count].
 */
export function keyScores({ values }: SelectorOf<'key'>, { bank, x, real }: SelectorInput) {
  const keys = tf.tensor2d(values, [bank.count, bank.width]);
  return tf.matMul(unitRows(meanPooled(x, real)), unitRows(keys), false, true);
}

/** Keys that need no data: the mean row of each prompt, [count, width]. */
export function promptKeys(prompts: readonly SoftPrompt[]): Float32Array {
  const { width } = prompts[0]!;
  const keys = new Float32Array(prompts.length * width);
  prompts.forEach(({ tokens, embeddings }, k) => {
    for (let i = 0; i < embeddings.length; i++)
      keys[k * width + (i % width)]! += embeddings[i]! / tokens;
  });
  return keys;
}

/**
 * Mean embedding of the inputs that each prompt answers best, [count, width]; a prompt that is
 * best on none keeps the key that it has in `otherwise`.
 * @param inputs mean embeddings [n, width]
 * @param best the best prompt of each input
 */
export function centroidKeys(
  inputs: Float32Array,
  best: readonly number[],
  otherwise: Float32Array,
  count: number,
): Float32Array {
  const width = otherwise.length / count;
  const keys = otherwise.slice();
  for (let k = 0; k < count; k++) {
    const members = [...best.keys()].filter((i) => best[i] === k);
    if (members.length === 0) continue;
    keys.fill(0, k * width, (k + 1) * width);
    for (const i of members)
      for (let d = 0; d < width; d++)
        keys[k * width + d]! += inputs[i * width + d]! / members.length;
  }
  return keys;
}

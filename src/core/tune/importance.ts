import { fixedBatches } from './batches.ts';
import { createObjective } from './objective.ts';
import { promptAdaptation } from './prompt.ts';
import { type Subject, tokenise } from './tune.ts';
import type { Example, SoftPrompt } from './types.ts';

/** Inputs per gradient: few, so that what some inputs need is not cancelled by others. */
const BATCH = 4;

/**
 * How much the loss feels each virtual token of a prompt (XPrompt, arXiv 2210.04457): the mean over
 * small batches of |∂loss/∂s|, where s scales the token's row. [tokens]
 */
export async function tokenImportance(
  subject: Subject,
  { tokens, width, embeddings }: SoftPrompt,
  examples: readonly Example[],
): Promise<Float32Array> {
  const sequences = tokenise(subject, examples, {}, tokens);
  const batches = fixedBatches(sequences, { size: BATCH, prefix: tokens });
  const objective = createObjective(subject.engine, promptAdaptation(subject.model, tokens));
  const importance = new Float32Array(tokens);
  try {
    for (const batch of batches) {
      const { gradients } = await objective.step({ prompt: embeddings }, batch);
      const gradient = gradients['prompt']!;
      for (let t = 0; t < tokens; t++) {
        let slope = 0;
        for (let i = t * width; i < (t + 1) * width; i++) slope += gradient[i]! * embeddings[i]!;
        importance[t]! += Math.abs(slope) / batches.length;
      }
    }
    return importance;
  } finally {
    await objective.release();
  }
}

/** The prompt with its `keep` most important tokens, in their order. */
export function keepTokens<P extends SoftPrompt>(
  prompt: P,
  importance: Float32Array,
  keep: number,
): P {
  const { width, embeddings } = prompt;
  const kept = [...importance.keys()]
    .toSorted((a, b) => importance[b]! - importance[a]!)
    .slice(0, keep)
    .toSorted((a, b) => a - b);
  const rows = new Float32Array(kept.length * width);
  for (const [at, token] of kept.entries())
    rows.set(embeddings.subarray(token * width, (token + 1) * width), at * width);
  return { ...prompt, tokens: kept.length, embeddings: rows };
}

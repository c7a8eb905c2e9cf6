import { createScorer } from '../../core/evaluate/score.ts';
import { stackBank } from '../../core/select/bank.ts';
import { encodePair } from '../../core/tune/sequences.ts';
import type { SoftPrompt } from '../../core/tune/types.ts';
import { tuningSubject } from './tuning-subject.ts';
import type { Workspace } from './workspace.ts';

/** Validation examples that the choice looks at, at most; evenly spaced over all of them. */
const EXAMPLES = 256;

/**
 * The prompt with the least loss on the validation facts: what one would ship without a selector.
 * The held-out inputs have no say in it.
 */
export async function bestPrompt(
  workspace: Workspace,
  seed: number,
  candidates: readonly SoftPrompt[],
  signal: AbortSignal,
): Promise<SoftPrompt> {
  const { subject, data } = await tuningSubject(workspace, seed);
  const { tokenizer } = await workspace.compressed();
  const examples = data.validation ?? [];
  const stride = Math.max(1, Math.ceil(examples.length / EXAMPLES));
  const sequences = examples
    .filter((_, i) => i % stride === 0)
    .map(({ context, target }) => encodePair(tokenizer, context, target));
  const bank = stackBank(candidates);
  const losses: number[] = [];
  for (const [prompt] of candidates.entries()) {
    const selector = { kind: 'fixed', prompt } as const;
    const scorer = createScorer(subject.engine, { model: subject.model, bank, selector });
    try {
      const scores = await scorer.score(sequences, { signal });
      losses.push(scores.reduce((sum, { nll }) => sum + nll.reduce((a, b) => a + b, 0), 0));
    } finally {
      await scorer.release();
    }
  }
  return candidates[losses.indexOf(Math.min(...losses))]!;
}

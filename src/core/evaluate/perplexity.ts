import type { ScoreOptions, Scorer } from './score.ts';

export interface Perplexity {
  /** exp of the mean −log p over scored tokens only (prompt and first tokens are not scored). */
  readonly perplexity: number;
  readonly tokens: number;
}

/**
 * Perplexity over non-overlapping windows, each opened by the beginning-of-text token.
 * @param ids the whole text
 * @param window scored tokens per window
 */
export async function perplexity(
  scorer: Scorer,
  ids: readonly number[],
  bos: number,
  window: number,
  options: ScoreOptions = {},
): Promise<Perplexity> {
  const sequences = [];
  for (let at = 0; at + window <= ids.length; at += window)
    sequences.push({ ids: [bos, ...ids.slice(at, at + window)], scored: window });
  const scores = await scorer.score(sequences, { batch: 4, ...options });
  let sum = 0;
  let tokens = 0;
  for (const { nll } of scores) {
    for (const value of nll) sum += value;
    tokens += nll.length;
  }
  return { perplexity: Math.exp(sum / tokens), tokens };
}

import type { ScoreOptions, Scorer } from './score.ts';

export interface Perplexity {
  /** exp of the mean −log p over scored tokens only (the prompt's and the given ones are not). */
  readonly perplexity: number;
  readonly tokens: number;
}

/** Tokens at the start of a window that are given: a selector needs something to choose by. */
const GIVEN = 32;

/**
 * Perplexity over non-overlapping windows, each opened by the beginning-of-text token. Under every
 * arm the first tokens of a window are given and the rest scored.
 * @param ids the whole text
 * @param window tokens per window
 */
export async function perplexity(
  scorer: Scorer,
  ids: readonly number[],
  bos: number,
  window: number,
  options: ScoreOptions = {},
): Promise<Perplexity> {
  const scored = window - Math.min(GIVEN, window >> 1);
  const sequences = [];
  for (let at = 0; at + window <= ids.length; at += window)
    sequences.push({ ids: [bos, ...ids.slice(at, at + window)], scored });
  const scores = await scorer.score(sequences, { batch: 4, ...options });
  let sum = 0;
  let tokens = 0;
  for (const { nll } of scores) {
    for (const value of nll) sum += value;
    tokens += nll.length;
  }
  return { perplexity: Math.exp(sum / tokens), tokens };
}

import type { ScoreOptions, Scorer, Sequence } from './score.ts';

export interface Perplexity {
  /** exp of the mean −log p over scored tokens only (the prompt's and the given ones are not). */
  readonly perplexity: number;
  readonly tokens: number;
}

/**
 * Perplexity as papers on compression report it (GPTQ, SparseGPT, Wanda): non-overlapping windows of
 * the text with nothing put in front, every token but a window's first scored.
 * @param ids the whole text, of which the tokens behind the last whole window are left out
 * @param window tokens per window
 */
export function windowPerplexity(
  scorer: Scorer,
  ids: readonly number[],
  window: number,
  options: ScoreOptions = {},
): Promise<Perplexity> {
  const length = Math.min(window, ids.length);
  const sequences = [];
  for (let at = 0; at + length <= ids.length; at += length)
    sequences.push({ ids: ids.slice(at, at + length), scored: length - 1 });
  return meanOver(scorer, sequences, options);
}

/** Tokens at the start of a window that are given: a selector needs something to choose by. */
export const GIVEN = 32;

/**
 * Perplexity over non-overlapping windows, each opened by the beginning-of-text token. Under every
 * arm the first tokens of a window are given and the rest scored.
 * @param ids the whole text
 * @param window tokens per window
 */
export function perplexity(
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
  return meanOver(scorer, sequences, options);
}

async function meanOver(
  scorer: Scorer,
  sequences: readonly Sequence[],
  options: ScoreOptions,
): Promise<Perplexity> {
  const scores = await scorer.score(sequences, { batch: 4, ...options });
  let sum = 0;
  let tokens = 0;
  for (const { nll } of scores) {
    for (const value of nll) sum += value;
    tokens += nll.length;
  }
  return { perplexity: Math.exp(sum / tokens), tokens };
}

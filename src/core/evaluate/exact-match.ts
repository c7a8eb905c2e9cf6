const PUNCTUATION = /[!-/:-@[-`{-~]/g;

const plain = (text: string): string => text.toLowerCase().replaceAll(PUNCTUATION, '');

/** Equal but for letter case and ASCII punctuation (lm-evaluation-harness, `exact_match`). */
export const matchesExactly = (said: string, answer: string): boolean =>
  plain(said) === plain(answer);

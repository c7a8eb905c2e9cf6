import { perplexity } from '../../core/evaluate/perplexity.ts';
import type { Scorer } from '../../core/evaluate/score.ts';
import { createRandom } from '../../core/random.ts';
import type { Tokenizer } from '../../core/tokenizer/tokenizer.ts';
import { readText } from '../../core/tune/data.ts';
import { KintsugiError } from '../../shared/errors.ts';

/** Token ids of a text file. @throws KintsugiError DATA_INVALID */
const encodeFile = async (tokenizer: Tokenizer, file: string): Promise<number[]> =>
  tokenizer.encode(await readText(file));

/**
 * Calibration sequences: windows of the text at places drawn with the seed, `samples` × `length`.
 * @throws KintsugiError DATA_INVALID for a text shorter than one window
 */
export async function calibrationIds(
  tokenizer: Tokenizer,
  file: string,
  { samples, length }: { readonly samples: number; readonly length: number },
  seed: number,
): Promise<{ readonly ids: Int32Array; readonly length: number }> {
  const text = await encodeFile(tokenizer, file);
  if (text.length < length) {
    throw new KintsugiError(
      'DATA_INVALID',
      `The calibration text has ${text.length} tokens, a sample needs ${length}.`,
      { next: 'Use a longer text or a smaller "compression.calibration.length".', file },
    );
  }
  const random = createRandom(seed, 'calibration');
  const ids = new Int32Array(samples * length);
  for (let sample = 0; sample < samples; sample++) {
    const start = random.integer(text.length - length + 1);
    ids.set(text.slice(start, start + length), sample * length);
  }
  return { ids, length };
}

/** Longest window of text that perplexity is measured in, in tokens. */
const WINDOW = 256;

export interface PerplexityText {
  readonly file: string;
  /** Tokens of it that are read, at most. */
  readonly limit: number;
  /** Positions of the model that are free for text. */
  readonly room: number;
}

/**
 * Perplexity per token over windows of the text's beginning. Arms with equal `room` are scored on
 * exactly the same tokens. @throws KintsugiError DATA_INVALID
 */
export async function textPerplexity(
  scorer: Scorer,
  tokenizer: Tokenizer,
  { file, limit, room }: PerplexityText,
  signal: AbortSignal,
): Promise<number> {
  const text = (await encodeFile(tokenizer, file)).slice(0, limit);
  if (text.length === 0) {
    throw new KintsugiError('DATA_INVALID', 'The text has no tokens.', {
      next: 'Give a text that is not empty.',
      file,
    });
  }
  const start = tokenizer.bosId ?? tokenizer.eosId ?? 0;
  const window = Math.min(WINDOW, room - 1, text.length);
  return (await perplexity(scorer, text, start, window, { signal })).perplexity;
}

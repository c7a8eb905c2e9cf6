import { encodePieces, readPieces } from '../../core/data/documents.ts';
import { perplexity, windowPerplexity } from '../../core/evaluate/perplexity.ts';
import type { Scorer } from '../../core/evaluate/score.ts';
import { createRandom } from '../../core/random.ts';
import type { Tokenizer } from '../../core/tokenizer/tokenizer.ts';
import { KintsugiError } from '../../shared/errors.ts';

/** Token ids of a text, of its beginning at most `limit`. @throws KintsugiError DATA_INVALID */
const encodeFiles = (tokenizer: Tokenizer, files: readonly string[], limit: number) =>
  encodePieces(readPieces(files), (text) => tokenizer.encode(text), limit);

/** Samples are drawn from so many tokens of a text's beginning, or from so many times their own. */
const POOL = 2 ** 20;
const POOL_SAMPLES = 4;

/**
 * Calibration sequences: windows of the text at places drawn with the seed, `samples` × `length`.
 * Of a long text or dataset only the beginning is read.
 * @throws KintsugiError DATA_INVALID for a text shorter than one window
 */
export async function calibrationIds(
  tokenizer: Tokenizer,
  files: readonly string[],
  { samples, length }: { readonly samples: number; readonly length: number },
  seed: number,
): Promise<{ readonly ids: Int32Array; readonly length: number }> {
  const pool = Math.max(POOL, POOL_SAMPLES * samples * length);
  const text = await encodeFiles(tokenizer, files, pool);
  if (text.length < length) {
    throw new KintsugiError(
      'DATA_INVALID',
      `The calibration text has ${text.length} tokens, a sample needs ${length}.`,
      {
        field: 'compression.calibration.length',
        next: 'Use a longer text or a smaller "compression.calibration.length".',
        ...(files[0] === undefined ? {} : { file: files[0] }),
      },
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
  readonly files: readonly string[];
  /** Tokens of it that are read, at most. */
  readonly limit: number;
  /** Positions of the model that are free for text. */
  readonly room: number;
  /** Windows of so many tokens, by the convention of the compression papers (`windowPerplexity`). */
  readonly window?: number;
}

/**
 * Perplexity per token over windows of the text's beginning. Arms with equal `room` are scored on
 * exactly the same tokens. @throws KintsugiError DATA_INVALID
 */
export async function textPerplexity(
  scorer: Scorer,
  tokenizer: Tokenizer,
  { files, limit, room, window: chosen }: PerplexityText,
  signal: AbortSignal,
): Promise<number> {
  const text = await encodeFiles(tokenizer, files, limit);
  // Nothing stands before the first token of a chosen window.
  if (text.length < (chosen === undefined ? 1 : 2)) {
    throw new KintsugiError('DATA_INVALID', 'The text has no tokens to score.', {
      next: 'Give a longer text.',
      ...(files[0] === undefined ? {} : { file: files[0] }),
    });
  }
  if (chosen !== undefined) {
    if (chosen > room)
      throw new KintsugiError(
        'ARGUMENT_INVALID',
        `A window of ${chosen} tokens is more than the model has positions for.`,
        { field: 'window', next: `Use ${room} or less, for every arm alike.` },
      );
    return (await windowPerplexity(scorer, text, chosen, { signal })).perplexity;
  }
  const start = tokenizer.bosId ?? tokenizer.eosId ?? 0;
  const window = Math.min(WINDOW, room - 1, text.length);
  return (await perplexity(scorer, text, start, window, { signal })).perplexity;
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GIVEN, perplexity, windowPerplexity } from '../../../src/core/evaluate/perplexity.ts';
import type { Scorer, Sequence } from '../../../src/core/evaluate/score.ts';
import type { Tokenizer } from '../../../src/core/tokenizer/tokenizer.ts';
import { textRoom } from '../../../src/main/compute/evaluate-stages.ts';
import { textPerplexity } from '../../../src/main/compute/text.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { temporaryFolder } from '../db/temporary.ts';

/** Gives every scored token the probability 1 / its id, and remembers what it was asked. */
function scorerByIds() {
  const asked: Sequence[] = [];
  const scorer: Scorer = {
    async score(sequences) {
      asked.push(...sequences);
      return sequences.map(({ ids, scored }) => ({
        nll: Float32Array.from(ids.slice(ids.length - scored), Math.log),
        greedy: false,
      }));
    },
    release: async () => undefined,
  };
  return { asked, scorer };
}

/** exp of the mean logarithm. */
const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

it('as papers on compression do: all but the first token of each whole window', async () => {
  const { asked, scorer } = scorerByIds();
  const measured = await windowPerplexity(scorer, [1, 2, 3, 4, 5, 6, 7], 3);
  expect(asked.map(({ ids }) => ids)).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(measured.tokens).toBe(4);
  expect(measured.perplexity).toBeCloseTo(geometricMean([2, 3, 5, 6]), 5);
});

it('as runs do: behind the tokens that a selector chooses by, and behind an opening', async () => {
  const { asked, scorer } = scorerByIds();
  const ids = Array.from({ length: 100 }, (_, i) => i + 1);
  const measured = await perplexity(scorer, ids, 0, 48);
  expect(asked).toEqual([
    { ids: [0, ...ids.slice(0, 48)], scored: 48 - GIVEN + 8 },
    { ids: [0, ...ids.slice(48, 96)], scored: 48 - GIVEN + 8 },
  ]);
  const scored = [...ids.slice(24, 48), ...ids.slice(72, 96)];
  expect(measured.tokens).toBe(scored.length);
  expect(measured.perplexity).toBeCloseTo(geometricMean(scored), 4);
  // Of a long window no more than so many are given.
  const long = scorerByIds();
  await perplexity(long.scorer, ids, 0, 100);
  expect(long.asked[0]!.scored).toBe(100 - GIVEN);
});

it('refuses a window beyond the model, and a text with nothing to score', async () => {
  const { scorer } = scorerByIds();
  const file = join(temporaryFolder(), 'text.txt');
  const tokenizer = {
    encode: (text: string) => [...text].map(() => 2),
    bosId: 1,
  } as unknown as Tokenizer;
  const never = new AbortController().signal;
  const measure = (text: string, window?: number) => {
    writeFileSync(file, text);
    const from = { files: [file], limit: 100, room: 8, ...(window && { window }) };
    return textPerplexity(scorer, tokenizer, from, never);
  };
  expect(await measure('some words here', 8)).toBeCloseTo(2, 5);
  expect(await measure('some words here')).toBeCloseTo(2, 5);
  await expect(measure('some words here', 9)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    field: 'window',
  });
  for (const [text, window] of [['', undefined] as const, ['', 8] as const, ['a', 8] as const])
    await expect(measure(text, window)).rejects.toMatchObject({ code: 'DATA_INVALID', file });
});

it('has the same room for every arm of a run, behind the longest of prompt and prefix', () => {
  const { tuning } = PRESETS.quick;
  const prefix = { tokens: 40, learningRate: 0.01, steps: 1 };
  expect(textRoom({ ...tuning, tokens: 16, prefix: null }, 64)).toBe(48);
  expect(textRoom({ ...tuning, tokens: 16, prefix }, 64)).toBe(24);
  expect(textRoom({ ...tuning, tokens: 50, prefix }, 64)).toBe(14);
});

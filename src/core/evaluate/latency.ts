import type { Scorer, Sequence } from './score.ts';

/**
 * Milliseconds to read one input and score its next token, inputs one at a time: the median over
 * `inputs` after one warm-up, prompt selection included.
 */
export async function latency(scorer: Scorer, inputs: readonly Sequence[]): Promise<number> {
  const once = async (input: Sequence) => {
    const start = performance.now();
    await scorer.score([{ ids: input.ids, scored: 1 }], { batch: 1 });
    return performance.now() - start;
  };
  for (const input of inputs) await once(input);
  const times: number[] = [];
  for (const input of inputs) times.push(await once(input));
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}

import { createRandom } from '../random.ts';

/** The prompt that an input draws: by its given tokens alone, so whatever batch it is in. */
export const drawPrompt = (seed: number, given: readonly number[], count: number): number =>
  createRandom(seed, given.join(' ')).integer(count);

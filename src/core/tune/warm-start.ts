import { type PromptOptions, tunePrompt } from './prompt.ts';
import type { BankSplit } from './shares.ts';
import type { Subject, TuneData, TuneRun } from './tune.ts';

/** Name of the prompt from which those of a bank go on. */
export const WARM_START = 'warm start';

/**
 * One prompt on all the data, for those of a bank to go on from: what all tasks need is then learned
 * once, and each prompt only has to learn what is its own. Ours, not the paper's.
 * @throws as `tunePrompt`
 */
export async function warmStart(
  subject: Subject,
  data: TuneData,
  { bank, ...options }: Omit<PromptOptions, 'name'> & { readonly bank: BankSplit },
  run: TuneRun,
): Promise<Pick<PromptOptions, 'start'>> {
  const { warmStart: steps = 0 } = bank;
  if (steps === 0) return {};
  const tuned = await tunePrompt(subject, data, { ...options, steps, name: WARM_START }, run);
  return { start: tuned.prompt };
}

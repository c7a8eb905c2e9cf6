import { splitValidation } from '../../core/tune/sequences.ts';
import type { Subject, TuneData, TuneOptions } from '../../core/tune/tune.ts';
import type { Example } from '../../core/tune/types.ts';
import type { Recipe } from '../../shared/recipe.ts';
import type { Workspace } from './workspace.ts';

/** Share of the tuning facts that choose the best step and the best prompt. */
const VALIDATION_SHARE = 0.1;

/** The compressed model with its tuning data, split the same way for everything tuned with a seed. */
export async function tuningSubject(
  workspace: Workspace,
  seed: number,
): Promise<{ readonly subject: Subject; readonly data: TuneData }> {
  const { model, checkpoint, tokenizer } = await workspace.compressed();
  return {
    subject: { engine: await workspace.engine(), model, modelHash: checkpoint.hash, tokenizer },
    data: splitExamples(await workspace.examples(), seed),
  };
}

/** Without the facts that this seed keeps for validation, and those. */
export function splitExamples(examples: readonly Example[], seed: number): TuneData {
  const { train, validation } = splitValidation(examples, VALIDATION_SHARE, seed);
  return { examples: train, validation };
}

/** Settings that everything tuned with a seed has in common. */
export function tuneOptions(tuning: Recipe['tuning'], seed: number): TuneOptions {
  const { steps, batch, learningRate, warmup, clip, weightDecay } = tuning;
  return { steps, batch, learningRate, warmup, clip, weightDecay, seed };
}

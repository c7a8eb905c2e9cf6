import { type Bank, type BankPrompt, writeBank } from '../../core/export/bank.ts';
import { keepTokens, tokenImportance } from '../../core/tune/importance.ts';
import type { Subject } from '../../core/tune/tune.ts';
import type { Example } from '../../core/tune/types.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { type EngineChoice, openEngine } from './engine.ts';
import { loadModel } from './load-model.ts';
import { refuseOccupied } from './output.ts';
import { modelFolder } from './starter.ts';
import { loadBank } from './tuned-folders.ts';
import { namedExamples } from './tuning-examples.ts';

/** Examples that importance is measured on, at most; evenly spaced. */
const EXAMPLES = 256;

interface PruneRequest {
  readonly bank: string;
  /** The model that the bank was made for. */
  readonly model: string;
  /** Virtual tokens that every prompt keeps; shorter ones stay as they are. */
  readonly keep: number;
  /** As `namedExamples` takes it; a prompt is judged on what it was tuned on, where that is in it. */
  readonly data: string;
  readonly out: string;
}

/** The tokens of one prompt and how much the loss feels each. */
export interface PrunedPrompt {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Share of the importance of all its tokens that is kept. */
  readonly kept: number;
}

/**
 * Writes the bank with the most important tokens of every prompt.
 * @throws KintsugiError OUTPUT_UNWRITABLE, ARGUMENT_INVALID, and as bank, model and data do
 */
export async function pruneBank(
  { bank: folder, model, keep, data, out }: PruneRequest,
  engine: EngineChoice,
  onProgress: (share: number) => void,
): Promise<PrunedPrompt[]> {
  await refuseOccupied(out);
  const examples = await namedExamples(data, undefined);
  const loaded = await loadModel(modelFolder(model));
  const bank = await loadBank(folder, loaded);
  const subject = {
    engine: await openEngine(engine),
    model: loaded.model,
    modelHash: loaded.checkpoint.hash,
    tokenizer: loaded.tokenizer,
  };
  const { prompts, pruned } = await prunePrompts(subject, bank, examples, keep, onProgress);
  await writeBank(out, { ...bank, prompts });
  return pruned;
}

/**
 * Every prompt with its `keep` most important tokens; shorter ones as they are.
 * @throws KintsugiError ARGUMENT_INVALID for a mixture; what `onProgress` throws, between two prompts
 */
export async function prunePrompts(
  subject: Subject,
  bank: Bank,
  examples: readonly Example[],
  keep: number,
  onProgress: (share: number) => void,
): Promise<{ readonly prompts: BankPrompt[]; readonly pruned: PrunedPrompt[] }> {
  if (bank.selector.kind === 'mixture')
    throw new KintsugiError('ARGUMENT_INVALID', 'The prompts of a mixture need equal lengths.', {
      field: 'bank',
      next: 'Prune a bank with another selector.',
    });
  const done: (readonly [BankPrompt, PrunedPrompt])[] = [];
  for (const [index, prompt] of bank.prompts.entries()) {
    done.push(await pruned(subject, prompt, examples, keep));
    onProgress((index + 1) / bank.prompts.length);
  }
  return { prompts: done.map(([prompt]) => prompt), pruned: done.map(([, what]) => what) };
}

async function pruned(
  subject: Subject,
  prompt: BankPrompt,
  examples: readonly Example[],
  keep: number,
): Promise<readonly [BankPrompt, PrunedPrompt]> {
  const families = prompt.family.split('+');
  const own = examples.filter(({ group }) => families.includes(group));
  const judged = own.length > 0 ? own : examples;
  const stride = Math.ceil(judged.length / EXAMPLES);
  const some = judged.filter((_, i) => i % stride === 0);
  const importance = await tokenImportance(subject, prompt, some);
  const after = keepTokens(prompt, importance, keep);
  const sorted = importance.toSorted().reverse();
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
  const kept = sum(sorted.subarray(0, keep)) / sum(sorted);
  return [after, { name: prompt.name, before: prompt.tokens, after: after.tokens, kept }];
}

import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { embedTokens } from './embeddings.ts';
import { kMeans } from './kmeans.ts';
import { createObjective } from './objective.ts';
import { type PromptOptions, promptAdaptation, type TunedPrompt, tunePrompt } from './prompt.ts';
import type { Progress } from './train.ts';
import type { Subject, TuneData, TuneRun } from './tune.ts';
import type { Example } from './types.ts';

/** How the data is shared out among a bank's prompts. */
export interface BankSplit {
  /** `family`: whole groups (tasks, files) stay together; `clusters`: inputs that look alike do. */
  readonly by: 'family' | 'clusters';
  readonly count: number;
}

export interface BankOptions extends Omit<PromptOptions, 'name'> {
  readonly bank: BankSplit;
}

export interface BankProgress extends Progress {
  readonly prompt: string;
  /** From 0. */
  readonly promptIndex: number;
  readonly prompts: number;
  /** Over all prompts still to tune, at this one's pace. */
  readonly secondsLeft: number;
}

export interface BankRun extends Omit<TuneRun, 'onProgress'> {
  readonly onProgress?: (progress: BankProgress) => void;
}

/** One prompt's part of the data. */
export interface Share {
  readonly name: string;
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
}

/**
 * Tunes one prompt per share of the data, one after the other. Each keeps its own training
 * checkpoints in a folder named after its place, so that a resumed bank goes on inside the prompt
 * that was interrupted. @throws as `tunePrompt`
 */
export async function tuneBank(
  subject: Subject,
  data: TuneData,
  options: BankOptions,
  run: BankRun = {},
): Promise<TunedPrompt[]> {
  const { bank, ...promptOptions } = options;
  const shares = await shareData(subject, data, bank, options.seed);
  // One set of compiled programs for all prompts: they differ in their data only.
  const adaptation = promptAdaptation(subject.model, options.tokens);
  const objective = createObjective(subject.engine, adaptation);
  const tuned: TunedPrompt[] = [];
  try {
    for (const [index, { name, train, validation }] of shares.entries())
      tuned.push(
        await tunePrompt(
          subject,
          { examples: train, validation },
          { ...promptOptions, name },
          { ...promptRun(run, index, name, shares.length), objective },
        ),
      );
    return tuned;
  } finally {
    await objective.release();
  }
}

function promptRun(run: BankRun, index: number, name: string, prompts: number): TuneRun {
  const { onProgress, checkpointDir, ...rest } = run;
  return {
    ...rest,
    ...(checkpointDir ? { checkpointDir: join(checkpointDir, `prompt-${index}`) } : {}),
    onProgress: (progress) => {
      const pace = progress.secondsLeft / Math.max(1, progress.steps - progress.step);
      const secondsLeft = progress.secondsLeft + pace * progress.steps * (prompts - index - 1);
      onProgress?.({ ...progress, prompt: name, promptIndex: index, prompts, secondsLeft });
    },
  };
}

/** Shares training and validation examples out by the same rule. @throws ARGUMENT_INVALID */
export async function shareData(
  subject: Subject,
  { examples, validation = [] }: TuneData,
  { by, count }: BankSplit,
  seed: number,
): Promise<Share[]> {
  const all = [...examples, ...validation];
  const keys = by === 'family' ? familyOf(all, count) : await clusterOf(subject, all, count, seed);
  const names = [...new Set(keys)].toSorted();
  const member = (items: readonly Example[], offset: number, name: string) =>
    items.filter((_, i) => keys[i + offset] === name);
  const shares = names.map((name) => ({
    name,
    train: member(examples, 0, name),
    validation: member(validation, examples.length, name),
  }));
  return shares.filter(({ train }) => train.length > 0);
}

/** Groups in order of first appearance, merged with their neighbours into `count` even families. */
function familyOf(examples: readonly Example[], count: number): string[] {
  const groups = [...new Set(examples.map(({ group }) => group))];
  if (groups.length < count)
    throw new KintsugiError(
      'ARGUMENT_INVALID',
      `A bank of ${count} prompts by family needs ${count} tasks or files, there are ${groups.length}`,
      { field: 'bank.count', next: `Use at most ${groups.length}, or share by clusters.` },
    );
  const family = (group: string) => Math.floor((groups.indexOf(group) * count) / groups.length);
  const names = Map.groupBy(groups, family);
  return examples.map(({ group }) => names.get(family(group))!.join('+'));
}

/** k-means over the mean input embedding of what is read: the context, or a plain text itself. */
async function clusterOf(
  subject: Subject,
  examples: readonly Example[],
  count: number,
  seed: number,
): Promise<string[]> {
  const { engine, model, tokenizer } = subject;
  const width = model.config.hiddenSize;
  const inputs = examples.map(({ context, target }) =>
    Int32Array.from(tokenizer.encode(context || target)),
  );
  const distinct = [...new Set(inputs.flatMap((ids) => [...ids]))];
  const rows = await embedTokens(engine, model, distinct);
  const rowOf = new Map(distinct.map((id, i) => [id, i * width]));
  const means = new Float32Array(examples.length * width);
  inputs.forEach((ids, example) => {
    for (const id of ids)
      for (let i = 0; i < width; i++)
        means[example * width + i]! += rows[rowOf.get(id)! + i]! / ids.length;
  });
  return kMeans(means, width, count, seed).map((cluster) => `cluster-${cluster + 1}`);
}

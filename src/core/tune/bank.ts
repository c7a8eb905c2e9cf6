import { join } from 'node:path';
import { createObjective, type Objective } from './objective.ts';
import { type PromptOptions, promptAdaptation, type TunedPrompt, tunePrompt } from './prompt.ts';
import { type BankSplit, shareData } from './shares.ts';
import type { Progress } from './train.ts';
import { hasState } from './training-files.ts';
import type { Look, Subject, TuneData, TuneRun } from './tune.ts';
import { WARM_START, warmStart } from './warm-start.ts';

export interface BankOptions extends Omit<PromptOptions, 'name'> {
  readonly bank: BankSplit;
}

export interface BankProgress extends Progress {
  readonly prompt: string;
  /** From 0; a warm start counts as one. */
  readonly promptIndex: number;
  readonly prompts: number;
  /** Over all prompts still to tune, at this one's pace. */
  readonly secondsLeft: number;
}

export interface BankRun extends Omit<TuneRun, 'onProgress' | 'watch'> {
  readonly onProgress?: (progress: BankProgress) => void;
  readonly watch?: (look: Look & { readonly prompt: string }) => Promise<void>;
}

/**
 * Tunes one prompt per share of the data, one after the other, if asked from a warm start. Each
 * keeps its own training checkpoints in a folder named after its place, so that a resumed bank goes on inside the prompt
 * that was interrupted. Once `finish` is raised, prompts that were not begun are left out.
 * @throws as `tunePrompt`
 */
export async function tuneBank(
  subject: Subject,
  data: TuneData,
  options: BankOptions,
  run: BankRun = {},
): Promise<TunedPrompt[]> {
  const { bank, ...promptOptions } = options;
  const shares = await shareData(subject, data, bank, options);
  const before = bank.warmStart ? 1 : 0;
  const runOf = (phase: number, name: string) =>
    promptRun(run, phase, name, before + shares.length);
  // One set of compiled programs for all prompts of a length: they differ in their data only.
  const objectives = new Map<number, Objective>();
  const objectiveOf = (tokens: number): Objective => {
    const made =
      objectives.get(tokens) ??
      createObjective(subject.engine, promptAdaptation(subject.model, tokens));
    objectives.set(tokens, made);
    return made;
  };
  const tuned: TunedPrompt[] = [];
  try {
    const start = await warmStart(subject, data, options, {
      ...runOf(0, WARM_START),
      objective: objectiveOf(options.tokens),
    });
    for (const [index, { name, train, validation, tokens, seed }] of shares.entries()) {
      const promptOf = runOf(before + index, name);
      if (index > 0 && run.finish?.aborted && !(await isBegun(promptOf))) break;
      tuned.push(
        await tunePrompt(
          subject,
          { examples: train, validation },
          { ...promptOptions, ...start, name, tokens, seed },
          { ...promptOf, objective: objectiveOf(tokens) },
        ),
      );
    }
    return tuned;
  } finally {
    for (const objective of objectives.values()) await objective.release();
  }
}

const isBegun = async ({ checkpointDir }: TuneRun): Promise<boolean> =>
  checkpointDir !== undefined && (await hasState(checkpointDir));

function promptRun(run: BankRun, index: number, name: string, prompts: number): TuneRun {
  const { onProgress, watch, checkpointDir, ...rest } = run;
  return {
    ...rest,
    ...(watch ? { watch: (look) => watch({ ...look, prompt: name }) } : {}),
    ...(checkpointDir ? { checkpointDir: join(checkpointDir, `prompt-${index}`) } : {}),
    onProgress: (progress) => {
      const pace = progress.secondsLeft / Math.max(1, progress.steps - progress.step);
      const secondsLeft = progress.secondsLeft + pace * progress.steps * (prompts - index - 1);
      onProgress?.({ ...progress, prompt: name, promptIndex: index, prompts, secondsLeft });
    },
  };
}

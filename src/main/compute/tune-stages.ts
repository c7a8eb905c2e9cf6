import { join } from 'node:path';
import { tuningExamples } from '../../core/evaluate/tasks.ts';
import { type BankProgress, tuneBank } from '../../core/tune/bank.ts';
import { tuneLora } from '../../core/tune/lora.ts';
import { tunePrompt } from '../../core/tune/prompt.ts';
import { splitValidation } from '../../core/tune/sequences.ts';
import type { Progress } from '../../core/tune/train.ts';
import type { Subject, TuneData, TuneOptions, TuneRun } from '../../core/tune/tune.ts';
import type { Recipe } from '../../shared/recipe.ts';
import type { Store } from '../db/open.ts';
import type { Stage, StageContext } from './stage.ts';
import { recordBank, saveAdapter, saveBank, type TunedOn } from './tuned-folders.ts';
import type { Workspace } from './workspace.ts';

/** Share of the tuning facts that choose the best step and the best prompt. */
const VALIDATION_SHARE = 0.1;

/** The compressed model with its tuning data, split the same way for everything tuned with a seed. */
export async function tuningSubject(
  workspace: Workspace,
  seed: number,
): Promise<{ readonly subject: Subject; readonly data: TuneData }> {
  const { model, checkpoint, tokenizer } = await workspace.compressed();
  const examples = (await workspace.tasks()).flatMap(tuningExamples);
  const { train, validation } = splitValidation(examples, VALIDATION_SHARE, seed);
  return {
    subject: { engine: await workspace.engine(), model, modelHash: checkpoint.hash, tokenizer },
    data: { examples: train, validation },
  };
}

/** Name of the prompt that is tuned on all the data; no share of it is called so. */
export const SINGLE_PROMPT = 'all';

/** Folders of what is tuned with one seed, relative to the run's. */
export const tunedFolders = (seed: number) => ({
  bank: `tuned/bank@${seed}`,
  single: `tuned/single@${seed}`,
  lora: `tuned/lora@${seed}`,
});

/** A bank of prompts, one prompt on all the data, and a LoRA adapter, all with the same seed. */
export function tuneStages(
  store: Store,
  runId: string,
  workspace: Workspace,
  seed: number,
): Stage[] {
  const { model, selector, tuning } = workspace.recipe;
  const { tokens, init, bank, lora } = tuning;
  const options = tuneOptions(tuning, seed);
  const stage = (
    name: string,
    artefact: string,
    tune: (
      tuning: { readonly subject: Subject; readonly data: TuneData },
      context: StageContext,
      save: { readonly dir: string; readonly on: TunedOn },
    ) => Promise<void>,
  ): Stage => ({
    name,
    artefact,
    async run(context) {
      const on = { loaded: await workspace.compressed(), model, seed };
      const save = { dir: join(workspace.directory, artefact), on };
      await tune(await tuningSubject(workspace, seed), context, save);
    },
  });
  const folders = tunedFolders(seed);
  return [
    stage(`tune:bank@${seed}`, folders.bank, async ({ subject, data }, context, { dir, on }) => {
      const run = { ...tuneRun(context), onProgress: reportBank(context) };
      const tuned = await tuneBank(subject, data, { ...options, tokens, init, bank }, run);
      await saveBank(dir, tuned, selector, on);
      await recordBank(store, runId, dir, seed);
    }),
    stage(`tune:single@${seed}`, folders.single, async ({ subject, data }, context, save) => {
      // As many steps as all the bank's prompts together: the comparison is at equal cost.
      const steps = options.steps * bank.count;
      const single = { ...options, steps, name: SINGLE_PROMPT, tokens, init };
      const tuned = await tunePrompt(subject, data, single, tuneRun(context));
      await saveBank(save.dir, [tuned], { kind: 'fixed', prompt: 0 }, save.on);
    }),
    stage(`tune:lora@${seed}`, folders.lora, async ({ subject, data }, context, { dir, on }) => {
      const tuned = await tuneLora(subject, data, { ...options, ...lora }, tuneRun(context));
      await saveAdapter(dir, tuned.adapter, on);
    }),
  ];
}

function tuneOptions(tuning: Recipe['tuning'], seed: number): TuneOptions {
  const { steps, batch, learningRate, warmup, clip, weightDecay } = tuning;
  return { steps, batch, learningRate, warmup, clip, weightDecay, seed };
}

function tuneRun(context: StageContext): TuneRun {
  return {
    checkpointDir: context.scratch,
    signal: context.signal,
    onProgress: (progress) => {
      recordMetrics(context, '', progress);
      context.progress(progress.step / progress.steps, progress.secondsLeft);
    },
    onNotice: context.notice,
  };
}

function reportBank(context: StageContext): (progress: BankProgress) => void {
  return (progress) => {
    const { prompt, promptIndex, prompts, step, steps, secondsLeft } = progress;
    recordMetrics(context, `${prompt}/`, progress);
    context.progress((promptIndex + step / steps) / prompts, secondsLeft);
  };
}

function recordMetrics(context: StageContext, prefix: string, progress: Progress): void {
  const { step, loss, learningRate, gradientNorm, validation } = progress;
  context.metric(step, `${prefix}loss`, loss);
  context.metric(step, `${prefix}learning rate`, learningRate);
  context.metric(step, `${prefix}gradient norm`, gradientNorm);
  if (validation !== undefined) context.metric(step, `${prefix}validation`, validation);
}

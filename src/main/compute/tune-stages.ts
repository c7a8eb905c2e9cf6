import { join } from 'node:path';
import { readBank } from '../../core/export/bank.ts';
import { type BankRun, tuneBank } from '../../core/tune/bank.ts';
import { type TunedJointly, tuneJointly } from '../../core/tune/joint.ts';
import { tuneLora } from '../../core/tune/lora.ts';
import { tunePrefix } from '../../core/tune/prefix.ts';
import { type TunedPrompt, tunePrompt } from '../../core/tune/prompt.ts';
import type { Progress } from '../../core/tune/train.ts';
import { hasState } from '../../core/tune/training-files.ts';
import type { Look, Subject, TuneData, TuneRun } from '../../core/tune/tune.ts';
import type { Recipe } from '../../shared/recipe.ts';
import type { LoraArmId } from '../../shared/results.ts';
import type { Store } from '../db/open.ts';
import { adaptedModel } from './adapted.ts';
import { routingOf, runFitter } from './fit-selectors.ts';
import { openSamples } from './samples.ts';
import type { Stage, StageContext } from './stage.ts';
import { recordBank, saveAdapter, saveBank, savePrefix, type TunedOn } from './tuned-folders.ts';
import { tuneOptions, tuningSubject } from './tuning-subject.ts';
import type { Workspace } from './workspace.ts';

/** Name of the prompt that is tuned on all the data; no share of it is called so. */
export const SINGLE_PROMPT = 'all';

/** What is tuned with a seed; `together` holds a bank and an adapter in folders of their own. */
export type TunedPart = 'bank' | 'single' | 'prefix' | LoraArmId | 'together';

/** Folder of what was tuned, relative to the run's. */
export const tunedFolder = (part: TunedPart, seed: number): string => `tuned/${part}@${seed}`;

/** Every adapter of a recipe, by the arm that answers with it. */
export const loraArms = ({ lora, furtherLoras }: Recipe['tuning']) => [
  ['lora', lora] as const,
  ...furtherLoras.map((further) => [`lora-${further.rank}`, further] as const),
];

/** What every tuning stage of a run works with. */
export interface Tuning {
  readonly store: Store;
  readonly runId: string;
  readonly workspace: Workspace;
  /** Once raised, what is being tuned ends with the best so far and the rest is left out. */
  readonly finish: AbortSignal;
}

/**
 * A bank of prompts, one prompt on all the data, and LoRA adapters, all with the same seed.
 * Stopped early, the first seed keeps what it had begun; a later seed is left out as a whole, because
 * a mean over seeds that were tuned for unequal times would mean nothing.
 */
export function tuneStages({ store, runId, workspace, finish }: Tuning, seed: number): Stage[] {
  const { model, selector, tuning } = workspace.recipe;
  const isFirst = seed === workspace.recipe.seed;
  const { tokens, init, lora, prefix, together } = tuning;
  const { joint, routing: _, ...bank } = tuning.bank;
  const options = tuneOptions(tuning, seed);
  const stage = (
    what: TunedPart,
    tune: (
      tuning: { readonly subject: Subject; readonly data: TuneData },
      run: StageRun,
    ) => Promise<Tuned>,
  ): Stage => ({
    name: `tune:${what}@${seed}`,
    artefact: tunedFolder(what, seed),
    async run(context) {
      const { scratch, leaveOut, remark } = context;
      // A bank is what the comparison is about: of the first seed there always is one.
      const isDue = isFirst && (what === 'bank' || (await hasState(scratch)));
      if (finish.aborted && !isDue) return leaveOut(NOT_TUNED);
      const loaded = await workspace.compressed();
      const samples = await openSamples(store, runId, workspace, loaded);
      const ask = (series: string, { step, adaptation, parameters }: Look) =>
        samples.ask({ stage: `tune:${what}@${seed}`, series, step }, adaptation, parameters);
      try {
        const subject = await tuningSubject(workspace, seed);
        const { stopped, save } = await tune(subject, { context, finish, ask });
        if (stopped !== null && !isFirst) return leaveOut(NOT_TUNED);
        if (stopped !== null) remark(stopped);
        await save(join(workspace.directory, tunedFolder(what, seed)), { loaded, model, seed });
      } finally {
        await samples.release();
      }
    },
  });
  return [
    stage('bank', async (on, run) => {
      const { subject, data } = on;
      const asked = { ...options, tokens, init, bank };
      const routing = routingOf(workspace.recipe, subject);
      const tuned = joint
        ? await inOnePass(tuneJointly(subject, data, { ...asked, ...routing }, plainRun(run)))
        : await tuneBank(subject, data, asked, bankRun(run));
      const prompts = tuned.map(({ prompt }) => prompt);
      const fitter = await runFitter(workspace, seed, prompts, run.context, on);
      const fitted = await fitter.fit(selector);
      return {
        stopped: finish.aborted
          ? stoppedBank(tuned, joint ? tuned.length : bank.count, options.steps)
          : null,
        async save(dir, on) {
          await saveBank(dir, tuned, fitted, on);
          await recordBank(store, runId, dir, seed);
        },
      };
    }),
    stage('single', async ({ subject, data }, run) => {
      // As many steps as all the bank's prompts together: the comparison is at equal cost.
      const steps = bank.warmStart + options.steps * (await bankSize(workspace, seed));
      const single = { ...options, steps, name: SINGLE_PROMPT, tokens, init };
      const tuned = await tunePrompt(subject, data, single, tuneRun(run, SINGLE_PROMPT));
      return {
        stopped: stopped(tuned, steps),
        save: (dir, on) => saveBank(dir, [tuned], { kind: 'fixed', prompt: 0 }, on),
      };
    }),
    ...(prefix
      ? [
          stage('prefix', async ({ subject, data }, run) => {
            const asked = { ...options, ...prefix, name: 'prefix', init };
            const tuned = await tunePrefix(subject, data, asked, plainRun(run));
            return {
              stopped: stopped(tuned, prefix.steps),
              save: (dir, on) => savePrefix(dir, tuned.prefix, on),
            };
          }),
        ]
      : []),
    ...loraArms(tuning).map(([part, asked]) =>
      stage(part, async ({ subject, data }, run) => {
        const tuned = await tuneLora(subject, data, { ...options, ...asked }, tuneRun(run, ''));
        return {
          stopped: stopped(tuned, asked.steps),
          save: (dir, on) => saveAdapter(dir, tuned.adapter, on),
        };
      }),
    ),
    ...(together
      ? [
          stage('together', async ({ subject, data }, run) => {
            const asked = { ...options, ...together, tokens, init, bank, lora };
            const tuned = await tuneJointly(subject, data, asked, plainRun(run));
            const adapter = tuned.adapter!;
            const adapted = { ...subject, model: adaptedModel(subject.model, adapter) };
            const fitter = await runFitter(workspace, seed, tuned.prompts, run.context, {
              subject: adapted,
              data,
            });
            const fitted = await fitter.fit(selector);
            const pairs = tuned.prompts.map((prompt) => ({ prompt, best: tuned.best }));
            return {
              stopped: stopped(tuned, together.steps),
              async save(dir, on) {
                await saveBank(join(dir, 'bank'), pairs, fitted, on);
                await saveAdapter(join(dir, 'lora'), adapter, on);
              },
            };
          }),
        ]
      : []),
  ];
}

/** Prompts of the seed's bank: where clusters decide, as many as were tuned. */
export async function bankSize({ recipe, directory }: Workspace, seed: number): Promise<number> {
  const { count } = recipe.tuning.bank;
  if (count !== 'auto') return count;
  return (await readBank(join(directory, tunedFolder('bank', seed)))).prompts.length;
}

const NOT_TUNED = 'not tuned: the run was stopped before';

/** What a stage has tuned, not yet written. */
interface Tuned {
  /** At which step it was cut short; null when it was not. */
  readonly stopped: string | null;
  readonly save: (dir: string, on: TunedOn) => Promise<void>;
}

const stopped = ({ stoppedAt }: Pick<TunedPrompt, 'stoppedAt'>, steps: number): string | null =>
  stoppedAt === undefined ? null : `stopped early at step ${stoppedAt} of ${steps}`;

function stoppedBank(
  tuned: readonly TunedPrompt[],
  count: number | 'auto',
  steps: number,
): string | null {
  const last = stopped(tuned.at(-1)!, steps);
  if (count === 'auto') return last && `${last} of prompt ${tuned.length}`;
  if (last !== null) return `${last} of prompt ${tuned.length} of ${count}`;
  return tuned.length < count ? `stopped early after prompt ${tuned.length} of ${count}` : null;
}

/** Prompts of one pass, each as if it had been tuned alone. */
async function inOnePass(tuning: Promise<TunedJointly>): Promise<TunedPrompt[]> {
  const { prompts, adapter: _, ...rest } = await tuning;
  return prompts.map((prompt) => ({ prompt, ...rest }));
}

/** How a stage is told of and cut short. */
interface PlainRun {
  readonly context: StageContext;
  readonly finish: AbortSignal;
}

/** And asked about. */
interface StageRun extends PlainRun {
  readonly ask: (series: string, look: Look) => Promise<void>;
}

const common = ({ context, finish }: PlainRun) => ({
  checkpointDir: context.scratch,
  signal: context.signal,
  finish,
  onNotice: context.notice,
});

const tuneRun = (run: StageRun, series: string): TuneRun => ({
  ...plainRun(run),
  watch: (look) => run.ask(series, look),
});

/** Without samples of what the model would say meanwhile. */
export function plainRun(run: PlainRun): TuneRun {
  const { context } = run;
  return {
    ...common(run),
    onProgress: (progress) => {
      recordMetrics(context, '', progress);
      context.progress(progress.step / progress.steps, progress.secondsLeft);
    },
  };
}

function bankRun(run: StageRun): BankRun {
  const { context, ask } = run;
  return {
    ...common(run),
    watch: (look) => ask(look.prompt, look),
    onProgress: (progress) => {
      const { prompt, promptIndex, prompts, step, steps, secondsLeft } = progress;
      recordMetrics(context, `${prompt}/`, progress);
      context.progress((promptIndex + step / steps) / prompts, secondsLeft);
    },
  };
}

function recordMetrics(context: StageContext, prefix: string, progress: Progress): void {
  const { step, loss, learningRate, gradientNorm, validation } = progress;
  context.metric(step, `${prefix}loss`, loss);
  context.metric(step, `${prefix}learning rate`, learningRate);
  context.metric(step, `${prefix}gradient norm`, gradientNorm);
  if (validation !== undefined) context.metric(step, `${prefix}validation`, validation);
}

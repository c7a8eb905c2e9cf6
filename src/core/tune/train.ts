import { KintsugiError } from '../../shared/errors.ts';
import { createRandom, type Random, restoreRandom } from '../random.ts';
import { type AdamWOptions, clipGradients, createAdamW, type ParameterSet } from './adamw.ts';
import type { Schedule } from './schedule.ts';
import { loadNewest, saveState } from './training-files.ts';
import {
  type BestState,
  type HistoryPoint,
  hashIdentity,
  type TrainingState,
} from './training-state.ts';

export interface CheckpointOptions {
  /** Folder of this run's training checkpoints. */
  readonly dir: string;
  /** Everything that decides the run's numbers; a checkpoint made with another is refused. */
  readonly identity: unknown;
  readonly everySeconds?: number;
  readonly everySteps?: number;
}

export interface Progress {
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  /** Of the step just done. */
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Set when this step ended in a validation. */
  readonly validation?: number;
  readonly secondsLeft: number;
}

/** Is shown the parameters: the first ones, those at every `every` steps, and those that are kept. */
export interface Watch {
  readonly every: number;
  look(step: number, parameters: ParameterSet): Promise<void>;
}

export interface TrainOptions {
  /** Updated in place; after the run they are the last step's. */
  readonly parameters: ParameterSet;
  /**
   * Loss and gradients at the current parameters. The batch must follow from `index` (from 0) and
   * `random` alone: they are the whole data cursor, and resuming repeats them exactly. The loop
   * clips the gradients in place.
   */
  step(at: { readonly index: number; readonly random: Random }): Promise<{
    readonly loss: number;
    readonly gradients: ParameterSet;
  }>;
  /** Loss on validation data at the current parameters; lower is better. */
  readonly validate?: () => Promise<number>;
  /** Steps between validations; the start and the end are always validated. */
  readonly validateEvery?: number;
  readonly steps: number;
  readonly schedule: Schedule;
  readonly seed: number;
  /** Largest global gradient norm. */
  readonly clip?: number;
  readonly optimizer?: AdamWOptions;
  readonly checkpoint?: CheckpointOptions;
  readonly signal?: AbortSignal;
  /** Once raised, the next step is the last one, with what belongs to a last step; never none. */
  readonly finish?: AbortSignal;
  readonly watch?: Watch;
  readonly onProgress?: (progress: Progress) => void;
  /** Told what a person should know but need not act on, such as a damaged checkpoint passed over. */
  readonly onNotice?: (message: string) => void;
}

export interface TrainResult {
  /** The best-validated parameters; the last ones when there was no validation. */
  readonly parameters: ParameterSet;
  readonly best: { readonly step: number; readonly validation: number } | undefined;
  readonly history: readonly HistoryPoint[];
  /** The step that `finish` made the last one. */
  readonly stoppedAt: number | undefined;
}

/**
 * The one training loop: prompts, adapters and whole models. Killed, cancelled or failed runs
 * continue from their newest checkpoint with the same numbers as if never interrupted.
 * @throws KintsugiError CANCELLED (resumable), TRAINING_DIVERGED, CHECKPOINT_INVALID
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { parameters, steps, schedule, clip = 1, validateEvery = steps, watch } = options;
  const optimizer = createAdamW(parameters, options.optimizer);
  const saved = await resume(options);
  if (saved) restoreParameters(parameters, saved.parameters);
  if (saved) optimizer.restore({ step: saved.step, moments: saved.moments });
  const random = saved ? restoreRandom(saved.random) : createRandom(options.seed, 'train');
  const history = [...(saved?.history ?? [])];
  let { best, step, lossSum, lossCount } = saved ?? {
    best: undefined,
    step: 0,
    lossSum: 0,
    lossCount: 0,
  };

  const validate = async (): Promise<number | undefined> => {
    const validation = await options.validate?.();
    if (Number.isNaN(validation)) throw diverged(step, Number.NaN, schedule(step));
    if (validation !== undefined && validation < (best?.validation ?? Number.POSITIVE_INFINITY))
      best = { step, validation, parameters: copyParameters(parameters) };
    const loss = lossCount > 0 ? lossSum / lossCount : null;
    history.push({ step, loss, validation: validation ?? null });
    lossSum = lossCount = 0;
    return validation;
  };
  const state = (): TrainingState => ({
    identity: hashIdentity(options.checkpoint?.identity),
    step,
    parameters,
    moments: optimizer.state().moments,
    random: random.state(),
    lossSum,
    lossCount,
    best,
    history,
  });
  const save = createSaver(options.checkpoint, state);
  const secondsLeft = createEstimate(step, steps);

  if (!saved && options.validate) await validate();
  if (!saved) await watch?.look(0, parameters);
  while (step < steps && !(step > 0 && options.finish?.aborted)) {
    if (options.signal?.aborted) {
      await save('now');
      throw cancelled(step, steps, options.checkpoint);
    }
    const learningRate = schedule(step);
    const { loss, gradients } = await options.step({ index: step, random });
    const gradientNorm = clipGradients(gradients, clip);
    if (!Number.isFinite(loss + gradientNorm)) throw diverged(step, loss, learningRate);
    optimizer.step(gradients, learningRate);
    step++;
    lossSum += loss;
    lossCount++;

    const due = step % validateEvery === 0 || step === steps;
    const validation = due ? await validate() : undefined;
    await save(step === steps ? 'now' : 'when due', step);
    options.onProgress?.({
      step,
      steps,
      loss,
      learningRate,
      gradientNorm,
      ...(validation === undefined ? {} : { validation }),
      secondsLeft: secondsLeft(step),
    });
    if (watch && step < steps && step % watch.every === 0) await watch.look(step, parameters);
  }
  const stoppedAt = step < steps ? step : undefined;
  // A state that was saved here before has had its last validation.
  if (stoppedAt !== undefined && history.at(-1)?.step !== step) await validate();
  if (stoppedAt !== undefined) await save('now');
  const kept = best?.parameters ?? parameters;
  await watch?.look(step, kept);
  return { parameters: kept, best: summary(best), history, stoppedAt };
}

/** The newest sound checkpoint of this run, if there is one. */
async function resume(options: TrainOptions): Promise<TrainingState | undefined> {
  const { checkpoint, onNotice } = options;
  if (!checkpoint) return undefined;
  const { state, damaged } = await loadNewest(checkpoint.dir);
  for (const { file, reason } of damaged)
    onNotice?.(
      `Training checkpoint ${file} is damaged (${reason}); ` +
        (state ? `going on from step ${state.step} instead.` : 'starting again.'),
    );
  if (state && state.identity !== hashIdentity(checkpoint.identity))
    throw new KintsugiError(
      'CHECKPOINT_INVALID',
      'The training checkpoints in this folder were made with other settings or data',
      { file: checkpoint.dir, next: 'Choose another folder, or delete this one to start again.' },
    );
  return state;
}

/** Writes the state now, or when the last write is long enough ago in steps or seconds. */
function createSaver(checkpoint: CheckpointOptions | undefined, state: () => TrainingState) {
  const { everySeconds = 60, everySteps = Number.POSITIVE_INFINITY } = checkpoint ?? {};
  let savedAt = performance.now();
  return async (when: 'now' | 'when due', step = 0): Promise<void> => {
    if (!checkpoint) return;
    const waited = (performance.now() - savedAt) / 1000 >= everySeconds;
    if (when === 'when due' && !waited && step % everySteps !== 0) return;
    await saveState(checkpoint.dir, state());
    savedAt = performance.now();
  };
}

/** Seconds left at the mean pace of this sitting. */
function createEstimate(first: number, steps: number): (step: number) => number {
  const start = performance.now();
  return (step) => ((performance.now() - start) / 1000 / (step - first)) * (steps - step);
}

function copyParameters(parameters: ParameterSet): ParameterSet {
  const copies = Object.entries(parameters).map(([name, values]) => [name, values.slice()]);
  return Object.fromEntries(copies);
}

function restoreParameters(parameters: ParameterSet, saved: ParameterSet): void {
  for (const [name, values] of Object.entries(parameters)) values.set(saved[name]!);
}

const summary = (best: BestState | undefined) =>
  best && { step: best.step, validation: best.validation };

function cancelled(step: number, steps: number, checkpoint: CheckpointOptions | undefined) {
  return new KintsugiError('CANCELLED', `Training was stopped after ${step} of ${steps} steps`, {
    next: checkpoint ? 'Run it again to go on from here.' : 'Run it again to start over.',
  });
}

function diverged(step: number, loss: number, learningRate: number) {
  return new KintsugiError(
    'TRAINING_DIVERGED',
    `Training broke down after ${step} steps: the loss (${loss}) or its gradient is not finite`,
    {
      field: 'learningRate',
      next: `Start again with a learning rate below ${learningRate.toPrecision(2)} or a longer warm-up.`,
    },
  );
}

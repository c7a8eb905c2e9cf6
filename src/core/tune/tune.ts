import { createHash } from 'node:crypto';
import { KintsugiError } from '../../shared/errors.ts';
import type { Engine } from '../engine/program.ts';
import type { Model } from '../models/model.ts';
import type { ParameterSet } from './adamw.ts';
import { createBatches, fixedBatches, learnable } from './batches.ts';
import { type Adaptation, createObjective, type Objective } from './objective.ts';
import { createSchedule } from './schedule.ts';
import { encodeExamples, type Sequence, type TextEncoder } from './sequences.ts';
import { type Progress, type TrainResult, train } from './train.ts';
import type { Example } from './types.ts';

/** The frozen model that is tuned. */
export interface Subject {
  readonly engine: Engine;
  readonly model: Model;
  /** Content hash of the checkpoint: training checkpoints of another model are refused. */
  readonly modelHash: string;
  readonly tokenizer: TextEncoder;
}

export interface TuneData {
  readonly examples: readonly Example[];
  /** The best parameters are those with the least loss on these; none means the last are kept. */
  readonly validation?: readonly Example[];
}

export interface TuneOptions {
  readonly steps: number;
  /** Sequences per step. */
  readonly batch: number;
  /** At the end of the warm-up; it then falls linearly to 0. */
  readonly learningRate: number;
  /** Steps. */
  readonly warmup: number;
  /** Largest global gradient norm. */
  readonly clip: number;
  readonly weightDecay: number;
  readonly seed: number;
  /** Steps between validations; a tenth of the steps by default. */
  readonly validateEvery?: number;
  /** Longest sequence in tokens, 256 or what the model's positions allow by default. */
  readonly maxLength?: number;
}

/** Parameters in training, shown to whoever watches. */
export interface Look {
  /** Steps done. */
  readonly step: number;
  readonly adaptation: Adaptation;
  readonly parameters: ParameterSet;
}

export interface TuneRun {
  /** Folder for training checkpoints; without it an interrupted run starts over. */
  readonly checkpointDir?: string;
  /** Seconds between checkpoints, 60 by default. */
  readonly checkpointSeconds?: number;
  readonly signal?: AbortSignal;
  /** Once raised, tuning ends at its next step and keeps the best parameters so far. */
  readonly finish?: AbortSignal;
  /** Called before, at every quarter of the steps, and with what is kept; tuning waits for it. */
  readonly watch?: (look: Look) => Promise<void>;
  readonly onProgress?: (progress: Progress) => void;
  readonly onNotice?: (message: string) => void;
  /** Compiled programs of the same adaptation to use; they stay open for the next tuning. */
  readonly objective?: Objective;
}

/**
 * The examples as the model will read them, with room for `prefix` virtual tokens and `past`
 * positions that have no rows.
 */
export function tokenise(
  { model, tokenizer }: Subject,
  examples: readonly Example[],
  options: Pick<TuneOptions, 'maxLength'>,
  prefix: number,
  past = 0,
): Sequence[] {
  const { vocabularySize, maxPositions } = model.config;
  const room = maxPositions - prefix - past;
  if (room < 2)
    throw new KintsugiError(
      'ARGUMENT_INVALID',
      `${prefix + past} virtual tokens leave no room in the model's ${maxPositions} positions`,
      { field: 'tokens', next: `Use fewer than ${maxPositions - 2} tokens.` },
    );
  const maxLength = Math.min(options.maxLength ?? 256, room);
  return learnable(encodeExamples(examples, { tokenizer, vocabularySize, maxLength }), prefix);
}

/** Tunes an adaptation's parameters from where they stand. @throws as `train`; DATA_INVALID */
export async function tuneAdaptation(
  subject: Subject,
  adaptation: Adaptation,
  parameters: ParameterSet,
  data: TuneData,
  options: TuneOptions,
  run: TuneRun,
): Promise<TrainResult> {
  const { prefix, past } = adaptation;
  const sequences = tokenise(subject, data.examples, options, prefix, past);
  if (sequences.length === 0)
    throw new KintsugiError('DATA_INVALID', 'There is nothing to tune on', {
      field: 'examples',
      next: 'Give at least one example of two tokens or more.',
    });
  const held = tokenise(subject, data.validation ?? [], options, prefix, past);
  const shape = { size: options.batch, prefix };
  const batches = createBatches(sequences, shape, options.seed);
  const heldBatches = fixedBatches(held, shape);
  const identity = {
    adaptation: adaptation.name,
    shapes: adaptation.shapes,
    start: hashArrays(Object.values(parameters)),
    model: subject.modelHash,
    data: hashSequences(sequences),
    validation: hashSequences(held),
    options,
  };
  const { watch } = run;
  const objective = run.objective ?? createObjective(subject.engine, adaptation);
  try {
    return await train({
      parameters,
      step: ({ index }) => objective.step(parameters, batches(index), index),
      ...(held.length > 0 ? { validate: () => objective.loss(parameters, heldBatches) } : {}),
      validateEvery: options.validateEvery ?? Math.ceil(options.steps / 10),
      steps: options.steps,
      schedule: createSchedule({
        kind: 'linear',
        peak: options.learningRate,
        warmup: options.warmup,
        steps: options.steps,
      }),
      seed: options.seed,
      clip: options.clip,
      optimizer: { weightDecay: options.weightDecay },
      ...(run.checkpointDir === undefined
        ? {}
        : {
            checkpoint: {
              dir: run.checkpointDir,
              identity,
              everySeconds: run.checkpointSeconds ?? 60,
            },
          }),
      ...(run.signal ? { signal: run.signal } : {}),
      ...(run.finish ? { finish: run.finish } : {}),
      ...(watch && {
        watch: {
          every: Math.ceil(options.steps / 4),
          look: (step, parameters) => watch({ step, adaptation, parameters }),
        },
      }),
      ...(run.onProgress ? { onProgress: run.onProgress } : {}),
      ...(run.onNotice ? { onNotice: run.onNotice } : {}),
    });
  } finally {
    if (!run.objective) await objective.release();
  }
}

function hashArrays(arrays: readonly (Float32Array | Int32Array)[]): string {
  const hash = createHash('sha256');
  for (const array of arrays)
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
}

const hashSequences = (sequences: readonly Sequence[]): string =>
  hashArrays(
    sequences.flatMap(({ ids, scoredFrom }) => [Int32Array.of(ids.length, scoredFrom), ids]),
  );

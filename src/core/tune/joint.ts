import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { KintsugiError } from '../../shared/errors.ts';
import type { Tensors } from '../engine/program.ts';
import { embed, forward, type Model, prependPrompt } from '../models/model.ts';
import { GIVEN_MASK, givenMask, joinInputs } from './given.ts';
import {
  adapterOf,
  adapterParameters,
  initialAdapter,
  type LoraShape,
  trainableLora,
} from './lora.ts';
import type { Adaptation, ExtraInputs } from './objective.ts';
import { initialPrompt, type PromptOptions } from './prompt.ts';
import { type BankSplit, type Share, shareData } from './shares.ts';
import type { TrainResult } from './train.ts';
import { type Subject, type TuneData, type TuneRun, tuneAdaptation } from './tune.ts';
import type { Example, LoraAdapter, SoftPrompt } from './types.ts';
import { warmStart } from './warm-start.ts';

export interface JointOptions extends Omit<PromptOptions, 'name'> {
  readonly bank: BankSplit;
  /** An adapter that is learned together with the prompts, one for all of them. */
  readonly lora?: LoraShape;
  /** Prompts also learn to be chosen: ours, not the paper's. */
  readonly routing?: Routing;
}

/** What a selector would make of a batch, and how much it counts that each input gets its own prompt. */
export interface Routing {
  /** Of −log of the own prompt's share of the scores, against the loss. */
  readonly weight: number;
  /** prompts [count, tokens, width], embedded inputs [batch, length, width], given [batch, length] → positive scores [batch, count]. */
  scores(model: Model, prompts: tf.Tensor, x: tf.Tensor, given: tf.Tensor): tf.Tensor;
}

export interface TunedJointly extends Pick<TrainResult, 'history' | 'best' | 'stoppedAt'> {
  readonly prompts: readonly SoftPrompt[];
  readonly adapter: LoraAdapter | undefined;
}

/**
 * Tunes all prompts of a bank in one pass, each on its share of every batch, and if asked a LoRA
 * adapter with them. A step reads `batch` inputs for each prompt on average; of a
 * warm start, `batch`. Against one prompt
 * after the other, gradients are clipped together and the best step is that of the whole bank.
 * @throws as `tunePrompt`
 */
export async function tuneJointly(
  subject: Subject,
  data: TuneData,
  options: JointOptions,
  run: TuneRun = {},
): Promise<TunedJointly> {
  const { model } = subject;
  const { bank, lora, tokens, seed, routing, ...rest } = options;
  if (bank.by === 'length' || bank.by === 'seeds')
    throw new KintsugiError(
      'ARGUMENT_INVALID',
      `Prompts by ${bank.by} read the same data and cannot be tuned in one pass`,
      { field: 'bank.by', next: 'Share the data out by family or clusters, or tune in turn.' },
    );
  const shares = await shareData(subject, data, bank, options);
  const names = shares.map(({ name }) => name);
  const width = model.config.embeddingSize;
  const prompts = new Float32Array(names.length * tokens * width);
  const { warmStart: warmSteps = 0 } = bank;
  const stepsOfAll = warmSteps + options.steps;
  const warm = await warmStart(subject, data, options, {
    ...run,
    ...(run.checkpointDir ? { checkpointDir: join(run.checkpointDir, 'warm-start') } : {}),
    onProgress: (progress) => {
      const { step, steps, secondsLeft } = progress;
      const pace = (secondsLeft / Math.max(1, steps - step)) * names.length;
      const left = secondsLeft + pace * options.steps;
      run.onProgress?.({ ...progress, steps: stepsOfAll, secondsLeft: left });
    },
  });
  for (const [index, { name, train }] of shares.entries()) {
    const start = await initialPrompt(
      subject,
      { examples: train },
      { ...rest, ...warm, tokens, seed, name },
    );
    prompts.set(start, index * tokens * width);
  }
  const adapter = lora && initialAdapter(model, lora, seed);
  const adaptation = jointAdaptation(model, names, tokens, {
    ...(adapter ? { lora: { adapter, seed } } : {}),
    ...(routing ? { routing } : {}),
  });
  const result = await tuneAdaptation(
    subject,
    adaptation,
    { prompts, ...(adapter ? adapterParameters(adapter) : {}) },
    { examples: grouped(shares, 'train'), validation: grouped(shares, 'validation') },
    { ...rest, seed, batch: options.batch * names.length },
    {
      ...run,
      onProgress: (progress) =>
        run.onProgress?.({ ...progress, step: warmSteps + progress.step, steps: stepsOfAll }),
    },
  );
  const tuned = result.parameters['prompts']!;
  const size = tokens * width;
  return {
    prompts: names.map((name, i) => ({
      name,
      tokens,
      width,
      embeddings: tuned.slice(i * size, (i + 1) * size),
    })),
    adapter: adapter && adapterOf(adapter, result.parameters),
    history: result.history,
    best: result.best,
    stoppedAt: result.stoppedAt,
  };
}

/** The shares' examples, each told by its group which prompt it belongs to. */
const grouped = (shares: readonly Share[], half: 'train' | 'validation'): Example[] =>
  shares.flatMap(({ name, [half]: examples }) =>
    examples.map((example) => ({ ...example, group: name })),
  );

const CHOICE = 'batch.choice';

/** `prompts` [count, tokens, hidden]: a sequence has that of its group in front. */
export function jointAdaptation(
  model: Model,
  names: readonly string[],
  tokens: number,
  {
    lora,
    routing,
  }: {
    readonly lora?: { readonly adapter: LoraAdapter; readonly seed: number };
    readonly routing?: Routing;
  } = {},
): Adaptation {
  const trainable = lora && trainableLora(lora.adapter, lora.seed, tokens);
  return {
    name: `bank${lora ? '-lora' : ''}${routing ? `-routed-${routing.weight}` : ''}`,
    shapes: {
      prompts: [names.length, tokens, model.config.embeddingSize],
      ...trainable?.shapes,
    },
    prefix: tokens,
    extra: joinInputs(choiceInput(names), trainable?.extra, routing && givenMask),
    apply(tensors: Tensors, ids, extra) {
      const weights = trainable?.weights(model.weights, tensors, extra) ?? model.weights;
      const adapted = { ...model, weights };
      const prompts = tensors['prompts']!;
      const own = extra[CHOICE]!;
      const x = embed(model, ids);
      const { hidden } = forward(adapted, prependPrompt(tf.gather(prompts, own), x));
      if (!routing) return { model: adapted, hidden };
      const scores = routing.scores(adapted, prompts, x, extra[GIVEN_MASK]!);
      return { model: adapted, hidden, penalty: tf.mul(misrouting(scores, own), routing.weight) };
    },
  };
}

/** Mean −log of the own prompt's share: scores [batch, count], own [batch] → a scalar. */
function misrouting(scores: tf.Tensor, own: tf.Tensor): tf.Tensor {
  const shares = tf.div(scores, tf.sum(scores, 1, true));
  const picked = tf.oneHot(own as tf.Tensor1D, scores.shape[1]!);
  return tf.neg(tf.mean(tf.log(tf.sum(tf.mul(shares, picked), 1))));
}

/** Index of each sequence's prompt [size]. */
const choiceInput = (names: readonly string[]): ExtraInputs => ({
  specs: (_kind, { size }) => ({ [CHOICE]: { shape: [size], dtype: 'int32' } }),
  feeds: (_kind, { size, groups }) => {
    const choice = new Int32Array(size);
    choice.set(groups.map((group) => names.indexOf(group)));
    return { [CHOICE]: choice };
  },
});

import * as tf from '@tensorflow/tfjs-core';
import { KintsugiError } from '../../shared/errors.ts';
import type { Tensors } from '../engine/program.ts';
import { embed, forward, type Model, prependPrompt } from '../models/model.ts';
import {
  adapterOf,
  adapterParameters,
  initialAdapter,
  type LoraShape,
  type TrainableLora,
  trainableLora,
} from './lora.ts';
import type { Adaptation, ExtraInputs } from './objective.ts';
import { initialPrompt, type PromptOptions } from './prompt.ts';
import { type BankSplit, type Share, shareData } from './shares.ts';
import type { HistoryPoint } from './training-state.ts';
import { type Subject, type TuneData, type TuneRun, tuneAdaptation } from './tune.ts';
import type { Example, LoraAdapter, SoftPrompt } from './types.ts';

export interface JointOptions extends Omit<PromptOptions, 'name'> {
  readonly bank: BankSplit;
  /** An adapter that is learned together with the prompts, one for all of them. */
  readonly lora?: LoraShape;
}

export interface TunedJointly {
  readonly prompts: readonly SoftPrompt[];
  readonly adapter: LoraAdapter | undefined;
  readonly history: readonly HistoryPoint[];
  readonly best: { readonly step: number; readonly validation: number } | undefined;
}

/**
 * Tunes all prompts of a bank in one pass, each on its share of every batch, and if asked a LoRA
 * adapter with them. A step reads `batch` inputs for each prompt on average. Against one prompt
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
  const { bank, lora, tokens, seed } = options;
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
  for (const [index, { name, train }] of shares.entries()) {
    const start = await initialPrompt(subject, { examples: train }, { ...options, name });
    prompts.set(start, index * tokens * width);
  }
  const adapter = lora && initialAdapter(model, lora, seed);
  const adaptation = jointAdaptation(model, names, tokens, adapter && { adapter, seed });
  const result = await tuneAdaptation(
    subject,
    adaptation,
    { prompts, ...(adapter ? adapterParameters(adapter) : {}) },
    { examples: grouped(shares, 'train'), validation: grouped(shares, 'validation') },
    { ...options, batch: options.batch * names.length },
    run,
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
  lora?: { readonly adapter: LoraAdapter; readonly seed: number },
): Adaptation {
  const trainable = lora && trainableLora(lora.adapter, lora.seed, tokens);
  return {
    name: lora ? 'bank-lora' : 'bank',
    shapes: {
      prompts: [names.length, tokens, model.config.embeddingSize],
      ...trainable?.shapes,
    },
    prefix: tokens,
    extra: choiceInput(names, trainable),
    apply(tensors: Tensors, ids, extra) {
      const weights = trainable?.weights(model.weights, tensors, extra) ?? model.weights;
      const adapted = { ...model, weights };
      const front = tf.gather(tensors['prompts']!, extra[CHOICE]!);
      const joined = prependPrompt(front, embed(model, ids));
      return { model: adapted, hidden: forward(adapted, joined).hidden };
    },
  };
}

/** Index of each sequence's prompt [size], beside what an adapter wants. */
const choiceInput = (names: readonly string[], lora?: TrainableLora): ExtraInputs => ({
  specs: (kind, sizes) => ({
    [CHOICE]: { shape: [sizes.size], dtype: 'int32' },
    ...lora?.extra?.specs(kind, sizes),
  }),
  feeds: (kind, batch, step) => {
    const choice = new Int32Array(batch.size);
    choice.set(batch.groups.map((group) => names.indexOf(group)));
    return { [CHOICE]: choice, ...lora?.extra?.feeds(kind, batch, step) };
  },
});

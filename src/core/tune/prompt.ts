import { KintsugiError } from '../../shared/errors.ts';
import { embed, forward, type Model, prependPrompt } from '../models/model.ts';
import { createRandom } from '../random.ts';
import { embedTokens } from './embeddings.ts';
import type { Adaptation } from './objective.ts';
import type { TrainResult } from './train.ts';
import {
  type Subject,
  type TuneData,
  type TuneOptions,
  type TuneRun,
  tokenise,
  tuneAdaptation,
} from './tune.ts';
import type { SoftPrompt } from './types.ts';

export interface PromptOptions extends TuneOptions {
  readonly name: string;
  /** Virtual tokens. */
  readonly tokens: number;
  /** Where its rows start: `vocabulary` samples tokens of the data, `text:…` repeats a text's. */
  readonly init: string;
  /** A tuned prompt to go on from instead; its rows are repeated or cut to length. */
  readonly start?: Pick<SoftPrompt, 'width' | 'embeddings'>;
}

export interface TunedPrompt extends Pick<TrainResult, 'history' | 'best' | 'stoppedAt'> {
  readonly prompt: SoftPrompt;
}

/**
 * Prompt tuning (arXiv 2104.08691): only `tokens` rows in front of the input are learned; the
 * model, compressed or not, stays as it is.
 * @throws KintsugiError ARGUMENT_INVALID, DATA_INVALID, CANCELLED, TRAINING_DIVERGED
 */
export async function tunePrompt(
  subject: Subject,
  data: TuneData,
  options: PromptOptions,
  run: TuneRun = {},
): Promise<TunedPrompt> {
  const { name, tokens } = options;
  const width = subject.model.config.embeddingSize;
  const start = await initialPrompt(subject, data, options);
  const adaptation = promptAdaptation(subject.model, tokens);
  const result = await tuneAdaptation(subject, adaptation, { prompt: start }, data, options, run);
  const embeddings = result.parameters['prompt']!;
  return {
    prompt: { name, tokens, width, embeddings },
    history: result.history,
    best: result.best,
    stoppedAt: result.stoppedAt,
  };
}

/** `prompt` [tokens, embedding] in front of every sequence. */
export const promptAdaptation = (model: Model, tokens: number): Adaptation => ({
  name: 'prompt',
  shapes: { prompt: [tokens, model.config.embeddingSize] },
  prefix: tokens,
  apply: ({ prompt }, ids) => ({
    model,
    hidden: forward(model, prependPrompt(prompt!, embed(model, ids))).hidden,
  }),
});

/**
 * Rows of real tokens: noise of unit variance would be far larger than any embedding. Samples only
 * tokens that the data uses, because rare tokens of a vocabulary may never have been trained.
 */
export async function initialPrompt(
  subject: Subject,
  { examples }: TuneData,
  options: PromptOptions,
): Promise<Float32Array> {
  const { init, tokens, seed, name, start } = options;
  if (start) return resized(start, tokens, subject.model.config.embeddingSize);
  if (init !== 'vocabulary') {
    const text = init.startsWith('text:') ? init.slice('text:'.length) : '';
    const ids = Array.from(subject.tokenizer.encode(text));
    if (ids.length === 0)
      throw new KintsugiError('ARGUMENT_INVALID', `A prompt cannot start from "${init}"`, {
        field: 'init',
        next: 'Use vocabulary, or text: followed by a text of at least one token.',
      });
    return embedTokens(subject.engine, subject.model, repeated(ids, tokens));
  }
  const used = tokenise(subject, examples, options, tokens).flatMap(({ ids }) => [...ids]);
  const distinct = [...new Set(used)].toSorted((a, b) => a - b);
  const sampled = createRandom(seed, `prompt ${name}`).shuffle(distinct);
  return embedTokens(subject.engine, subject.model, repeated(sampled, tokens));
}

function resized(
  { width, embeddings }: Pick<SoftPrompt, 'width' | 'embeddings'>,
  tokens: number,
  hiddenSize: number,
): Float32Array {
  if (width !== hiddenSize)
    throw new KintsugiError(
      'ARGUMENT_INVALID',
      `A prompt of width ${width} cannot start one for a model of width ${hiddenSize}`,
      { field: 'init', next: 'Start from a prompt that was tuned for this model.' },
    );
  return Float32Array.from(
    { length: tokens * width },
    (_, i) => embeddings[i % embeddings.length]!,
  );
}

const repeated = (ids: readonly number[], count: number): number[] =>
  Array.from({ length: count }, (_, i) => ids[i % ids.length]!);

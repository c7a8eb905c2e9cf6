import type { SelectorRecipe } from '../../shared/recipe.ts';
import { type StackedBank, stackBank } from '../select/bank.ts';
import { centroidKeys, promptKeys } from '../select/key.ts';
import { tuneMixture } from '../select/mixture.ts';
import { learnClassifier, learnKeys, moments, type RoutingData } from '../select/router.ts';
import type { Selector } from '../select/selector.ts';
import { meanEmbeddings } from '../tune/embeddings.ts';
import { encodePair } from '../tune/sequences.ts';
import type { Subject, TuneData, TuneOptions, TuneRun } from '../tune/tune.ts';
import type { Example, SoftPrompt } from '../tune/types.ts';
import { GIVEN } from './perplexity.ts';
import { createScorer, type Sequence } from './score.ts';

/** Inputs that a selector learns from, and others that choose the one fixed prompt, at most. */
const TUNING_INPUTS = 768;
const VALIDATION_INPUTS = 256;
/** Tokens of a plain text that are read. */
const TEXT_TOKENS = 96;

export interface SelectorFitter {
  /** The selector that a recipe asks for, with whatever it must learn. @throws as `tuneMixture` */
  fit(wanted: SelectorRecipe): Promise<Selector>;
}

/**
 * Fits selectors to one bank, on tuning and validation inputs alone: the held-out inputs have no say.
 * What several selectors need, such as every prompt's loss on every input, is computed once.
 */
export function createSelectorFitter(
  subject: Subject,
  prompts: readonly SoftPrompt[],
  data: TuneData,
  options: TuneOptions,
  run: Pick<TuneRun, 'signal' | 'onNotice'> = {},
): SelectorFitter {
  const { engine, model } = subject;
  const bank = stackBank(prompts);
  const { count, width } = bank;
  const { validation = [] } = data;
  const tuning = inputsOf(subject, data.examples, TUNING_INPUTS, bank);
  const held = inputsOf(subject, validation, VALIDATION_INPUTS, bank);
  const scores = async (selector: Selector, inputs: readonly Sequence[]) => {
    const scorer = createScorer(engine, { model, bank, selector });
    try {
      return await scorer.score(inputs, run.signal ? { signal: run.signal } : {});
    } finally {
      await scorer.release();
    }
  };
  const losses = async (inputs: readonly Sequence[]): Promise<Float32Array> => {
    const table = new Float32Array(inputs.length * count);
    for (let prompt = 0; prompt < count; prompt++)
      for (const [i, { nll }] of (await scores({ kind: 'fixed', prompt }, inputs)).entries())
        table[i * count + prompt] = nll.reduce((a, b) => a + b, 0);
    return table;
  };
  const routing = once(async (): Promise<RoutingData> => {
    const given = tuning.map(({ ids, scored }) => ids.slice(0, Math.max(1, ids.length - scored)));
    const inputs = await meanEmbeddings(engine, model, given);
    return { inputs, losses: await losses(tuning), count, width };
  });
  const centroids = once(async () => {
    const known = await routing();
    return centroidKeys(known.inputs, bestOf(known), promptKeys(prompts), count);
  });
  const keys = async (from: 'prompts' | 'centroids' | 'learned'): Promise<Float32Array> => {
    if (from === 'prompts') return promptKeys(prompts);
    return from === 'centroids' ? centroids() : learnKeys(await routing(), await centroids());
  };
  return {
    async fit(wanted) {
      switch (wanted.kind) {
        case 'idp':
          return { kind: 'idp', layer: countedLayer(wanted.layer, model.config.layers) };
        case 'idp-calibrated': {
          const layer = countedLayer(wanted.layer, model.config.layers);
          const paid = await scores({ kind: 'idp', layer }, tuning);
          const rows = Float32Array.from(paid.flatMap(({ scores: each }) => [...each!]));
          return { kind: 'idp-calibrated', layer, ...moments(rows, count) };
        }
        case 'key':
          return { kind: 'key', keys: wanted.keys, values: await keys(wanted.keys) };
        case 'classifier':
          return { kind: 'classifier', ...learnClassifier(await routing()) };
        case 'mixture':
          return tuneMixture(subject, bank, data, { ...options, rank: wanted.rank }, run);
        case 'random':
          return { kind: 'random', seed: options.seed };
        case 'fixed': {
          const table = await losses(held.length > 0 ? held : tuning);
          const sums = Array.from({ length: count }, (_, k) =>
            table.reduce((sum, loss, i) => sum + (i % count === k ? loss : 0), 0),
          );
          return { kind: 'fixed', prompt: sums.indexOf(Math.min(...sums)) };
        }
      }
    },
  };
}

/** A negative layer counts from the last. */
export function countedLayer(layer: number, layers: number): number {
  return Math.min(Math.max(layer < 0 ? layers + layer : layer, 0), layers - 1);
}

/** The prompt of least loss on each input. */
const bestOf = ({ losses, count }: RoutingData): number[] =>
  Array.from({ length: losses.length / count }, (_, i) => {
    const row = losses.subarray(i * count, (i + 1) * count);
    return row.indexOf(Math.min(...row));
  });

/** At most `limit` examples, evenly spaced, as sequences that fit behind the bank. */
function inputsOf(
  { model, tokenizer }: Subject,
  examples: readonly Example[],
  limit: number,
  bank: StackedBank,
): Sequence[] {
  const room = model.config.maxPositions - bank.tokens;
  const stride = Math.max(1, Math.ceil(examples.length / limit));
  return examples
    .filter((_, i) => i % stride === 0)
    .map(({ context, target }): Sequence => {
      const { ids, scored } = encodePair(tokenizer, context, target);
      if (context !== '') return { ids: ids.slice(-room), scored: Math.min(scored, room - 1) };
      // Of a plain text the beginning is given, as when perplexity is measured.
      const read = ids.slice(0, Math.min(TEXT_TOKENS, room));
      return { ids: read, scored: Math.max(1, read.length - Math.min(GIVEN, read.length >> 1)) };
    })
    .filter(({ ids }) => ids.length > 1);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

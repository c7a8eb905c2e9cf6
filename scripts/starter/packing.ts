import { createRandom, type Random } from '../../src/core/random.ts';
import type { Tokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import type { Corpus } from './corpus.ts';

export interface PackingOptions {
  readonly seed: number;
  readonly batch: number;
  readonly length: number;
  /** Loss weight of tokens outside answers; answers weigh 1. */
  readonly contextWeight: number;
}

export interface PackedBatch {
  readonly ids: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float32Array;
}

/** Stems hardly repeat: the cache is for answers, and must not grow with the run. */
const CACHED_TEXTS = 100_000;

interface Stream {
  readonly corpus: Corpus;
  readonly random: Random;
  readonly ids: number[];
  readonly answers: boolean[];
  served: number;
}

/**
 * Documents one after another, each opened by the beginning-of-text token, cut into rows of
 * `length` tokens: facts stand at every position, so that the model can read behind a prefix.
 * Batch `index` is a pure function of the index: a resumed run deals the stream again up to it.
 */
export function createPacker(
  createStreamCorpus: () => Corpus,
  tokenizer: Tokenizer,
  { seed, batch, length, contextWeight }: PackingOptions,
) {
  const cache = new Map<string, readonly number[]>();
  const encode = (text: string): readonly number[] => {
    const known = cache.get(text) ?? tokenizer.encode(text);
    if (cache.size > CACHED_TEXTS) cache.clear();
    cache.set(text, known);
    return known;
  };
  const start = (): Stream => ({
    corpus: createStreamCorpus(),
    random: createRandom(seed, 'documents'),
    ids: [],
    answers: [],
    served: 0,
  });
  let stream = start();

  const row = (): { ids: number[]; answers: boolean[] } => {
    while (stream.ids.length <= length) {
      stream.ids.push(tokenizer.bosId!);
      stream.answers.push(false);
      for (const segment of stream.corpus.document(stream.random))
        for (const id of encode(segment.text)) {
          stream.ids.push(id);
          stream.answers.push(segment.answer);
        }
    }
    // The last token is only a target here, and opens the next row.
    const ids = stream.ids.slice(0, length + 1);
    const answers = stream.answers.slice(0, length + 1);
    stream.ids.splice(0, length);
    stream.answers.splice(0, length);
    return { ids, answers };
  };

  const next = (): PackedBatch => {
    const packed = {
      ids: new Int32Array(batch * length),
      targets: new Int32Array(batch * length),
      weights: new Float32Array(batch * length),
    };
    for (let b = 0; b < batch; b++) {
      const { ids, answers } = row();
      for (let t = 0; t < length; t++) {
        packed.ids[b * length + t] = ids[t]!;
        packed.targets[b * length + t] = ids[t + 1]!;
        packed.weights[b * length + t] = answers[t + 1] ? 1 : contextWeight;
      }
    }
    stream.served++;
    return packed;
  };

  return {
    batch(index: number): PackedBatch {
      if (index < stream.served) stream = start();
      while (stream.served < index) next();
      return next();
    },
  };
}

import { describe, expect, it } from 'vitest';
import {
  createBatches,
  fixedBatches,
  learnable,
  makeBatch,
} from '../../../src/core/tune/batches.ts';
import {
  encodeExamples,
  type Sequence,
  splitValidation,
} from '../../../src/core/tune/sequences.ts';
import type { Example } from '../../../src/core/tune/types.ts';

const codes = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const options = { tokenizer: { encode: codes }, vocabularySize: 256, maxLength: 8 };
const example = (context: string, target: string): Example => ({
  id: '1',
  group: 'g',
  fact: 'f',
  context,
  target,
});
const sequence = (length: number, scoredFrom = 0, first = 1): Sequence => ({
  group: 'g',
  ids: Int32Array.from({ length }, (_, i) => first + i),
  scoredFrom,
});

describe('encodeExamples', () => {
  it('learns the answer only, and moves the spaces before it to the answer', () => {
    const [plain] = encodeExamples([example('abc:', ' d')], options);
    expect(plain!.scoredFrom).toBe(4);
    expect([...plain!.ids]).toEqual(codes('abc: d'));
    const [spaced] = encodeExamples([example('abc:  ', 'd')], options);
    expect(spaced!.scoredFrom).toBe(4);
  });

  it('takes the answer from the tokens of both together', () => {
    // A tokenizer that merges "bc" makes "ab" + "c" into "a" + "bc": the merged token is learned.
    const merging = (text: string) =>
      text
        .split(/(bc)|/)
        .flatMap((piece) => (piece ? [piece === 'bc' ? 200 : piece.charCodeAt(0)] : []));
    const [merged] = encodeExamples([example('ab', 'c')], {
      ...options,
      tokenizer: { encode: merging },
    });
    expect([...merged!.ids]).toEqual([97, 200]);
    expect(merged!.scoredFrom).toBe(1);
  });

  it('drops the beginning of a long context and cuts a long text into windows', () => {
    const [long] = encodeExamples([example('0123456789', 'xy')], options);
    expect([...long!.ids]).toEqual(codes('456789xy'));
    expect(long!.scoredFrom).toBe(6);
    const windows = encodeExamples([example('', '0123456789')], options);
    expect(windows.map(({ ids }) => [...ids])).toEqual([codes('01234567'), codes('89')]);
    expect(windows.map(({ scoredFrom }) => scoredFrom)).toEqual([0, 0]);
  });

  it('opens every sequence with the beginning-of-text token, which is not learned', () => {
    const opened = { ...options, tokenizer: { encode: codes, opening: [1] } };
    const [answer] = encodeExamples([example('abc:', ' d')], opened);
    expect([...answer!.ids]).toEqual([1, ...codes('abc: d')]);
    expect(answer!.scoredFrom).toBe(5);
    const windows = encodeExamples([example('', '0123456789')], opened);
    expect(windows.map(({ ids }) => [...ids])).toEqual([
      [1, ...codes('0123456')],
      [1, ...codes('789')],
    ]);
    expect(windows.map(({ scoredFrom }) => scoredFrom)).toEqual([1, 1]);
  });

  it('refuses tokens that the model does not have', () => {
    expect(() => encodeExamples([example('', 'z')], { ...options, vocabularySize: 100 })).toThrow(
      expect.objectContaining({ code: 'TOKENIZER_INVALID' }),
    );
  });
});

describe('makeBatch', () => {
  it('predicts a token from the position before it, the first from the prompt', () => {
    const batch = makeBatch([sequence(3), sequence(5, 3, 10)], { size: 2, prefix: 4 });
    const width = 4 + batch.length;
    expect(batch.scored).toBe(5);
    expect([...batch.rows.subarray(0, 5)]).toEqual([3, 4, 5, width + 6, width + 7]);
    expect([...batch.targets.subarray(0, 5)]).toEqual([1, 2, 3, 13, 14]);
    // The last token is a target only.
    expect([...batch.ids.subarray(0, 4)]).toEqual([1, 2, 0, 0]);
    expect([...batch.ids.subarray(batch.length, batch.length + 5)]).toEqual([10, 11, 12, 13, 0]);
    expect([...batch.weights.subarray(0, 6)]).toEqual([...Array(5).fill(Math.fround(0.2)), 0]);
  });

  it('without a prompt cannot predict the first token', () => {
    const batch = makeBatch([sequence(3)], { size: 1, prefix: 0 });
    expect([...batch.targets.subarray(0, batch.scored)]).toEqual([2, 3]);
    expect([...batch.rows.subarray(0, batch.scored)]).toEqual([0, 1]);
    expect(learnable([sequence(1), sequence(2)], 0)).toHaveLength(1);
    expect(learnable([sequence(1), sequence(0)], 5)).toHaveLength(1);
  });
});

describe('createBatches', () => {
  const sequences = Array.from({ length: 23 }, (_, i) => sequence(i < 13 ? 5 : 40, 1, 100 * i));
  const shape = { size: 4, prefix: 0 };
  const firsts = (batch: ReturnType<typeof makeBatch>) =>
    [...batch.targets.subarray(0, batch.scored)].filter((id) => id % 100 === 1);

  it('shows every sequence once per epoch, in batches of like length', () => {
    const at = createBatches(sequences, shape, 7);
    // 13 short in 4 batches, 10 long in 3.
    const epoch = Array.from({ length: 7 }, (_, i) => at(i));
    expect(epoch.flatMap(firsts).toSorted((a, b) => a - b)).toEqual(
      sequences.map((_, i) => 100 * i + 1),
    );
    expect(epoch.filter(({ length }) => length === 16)).toHaveLength(4);
    expect(Array.from({ length: 7 }, (_, i) => at(i + 7)).flatMap(firsts)).not.toEqual(
      epoch.flatMap(firsts),
    );
  });

  it('is a function of seed and index, whatever was asked for before', () => {
    const order = [25, 3, 0, 12, 3];
    const once = createBatches(sequences, shape, 7);
    for (const index of order)
      expect(once(index)).toEqual(createBatches(sequences, shape, 7)(index));
    const other = createBatches(sequences, shape, 8);
    expect(order.map(other)).not.toEqual(order.map(once));
  });

  it('validates on every sequence once, in a fixed order', () => {
    expect(fixedBatches(sequences, shape).flatMap(firsts)).toHaveLength(23);
  });
});

describe('splitValidation', () => {
  it('never has a fact on both sides, and holds some of every group', () => {
    const examples = ['a', 'b'].flatMap((group) =>
      Array.from({ length: 40 }, (_, i) => ({
        ...example('c', 't'),
        id: String(i),
        group,
        fact: String(i >> 1),
      })),
    );
    const { train, validation } = splitValidation(examples, 0.1, 3);
    expect(validation).toHaveLength(8);
    expect(train).toHaveLength(72);
    const facts = new Set(train.map(({ group, fact }) => group + fact));
    expect(validation.some(({ group, fact }) => facts.has(group + fact))).toBe(false);
    expect(new Set(validation.map(({ group }) => group)).size).toBe(2);
    expect(splitValidation(examples, 0.1, 3)).toEqual({ train, validation });
  });

  it('validates on the training data when there is only one fact', () => {
    const only = [example('c', 't')];
    expect(splitValidation(only, 0.1, 3)).toEqual({ train: only, validation: only });
  });
});

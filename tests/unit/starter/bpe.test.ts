import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, test } from 'vitest';
import {
  END_OF_TEXT,
  PAD,
  tokenizerConfigJson,
  tokenizerJson,
  trainBpe,
} from '../../../scripts/starter/bpe.ts';
import { createCorpus, DEFAULT_CORPUS } from '../../../scripts/starter/corpus.ts';
import { STARTER_FOLDER } from '../../../scripts/starter/facts.ts';
import { createRandom } from '../../../src/core/random.ts';

const readJson = (file: string) => JSON.parse(readFileSync(join(STARTER_FOLDER, file), 'utf8'));
const starter = new Tokenizer(readJson('tokenizer.json'), readJson('tokenizer_config.json'));

describe('training', () => {
  test('the most frequent pair first, ties in code-unit order, within words only', () => {
    const { merges, vocabulary } = trainBpe(['ab ab ab xy xy cd cd'], 258 + 4);
    expect(merges).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['x', 'y'],
      ['Ġ', 'ab'],
    ]);
    expect(vocabulary.size).toBe(262);
  });

  test('overlapping repeats merge from the left', () => {
    const { merges } = trainBpe(['aaa', 'aaa'], 258 + 2);
    expect(merges).toEqual([
      ['a', 'a'],
      ['aa', 'a'],
    ]);
  });

  test('stops early when no pair occurs twice', () => {
    expect(trainBpe(['abc'], 1000).vocabulary.size).toBe(258);
  });
});

describe('round trip', () => {
  const odd = [
    ' ',
    '\n\n\t  \r\n',
    '  two spaces  ',
    "don't we'll I'm CAN'T",
    'naïve café — “quotes”',
    '日本語のテキスト',
    '🎻🇫🇷👩‍👩‍👧 e\u0301',
    'null \u0000 byte, \u00a0 no-break, \ufeff mark',
    'Question: What is 2 times 3?\nAnswer: 6\n',
  ];

  test.each(odd)('%j', (text) => {
    expect(starter.decode(starter.encode(text).ids)).toBe(text);
  });

  test('a tokenizer of bytes only loads and round-trips too', () => {
    const bytes = new Tokenizer(tokenizerJson(trainBpe([], 258)), tokenizerConfigJson(64));
    expect(bytes.encode('é!').ids).toHaveLength(3);
    expect(bytes.decode(bytes.encode('é!').ids)).toBe('é!');
  });
});

test('the specials come first and are never split', () => {
  expect([starter.token_to_id(END_OF_TEXT), starter.token_to_id(PAD)]).toEqual([0, 1]);
  expect(starter.encode(`${END_OF_TEXT}${PAD}`).ids).toEqual([0, 1]);
});

test('segments of a document tokenise one by one as the document does', () => {
  const corpus = createCorpus({ ...DEFAULT_CORPUS, stream: 'test' });
  const random = createRandom(5);
  for (let i = 0; i < 50; i++) {
    const texts = corpus.document(random).map(({ text }) => text);
    const whole = starter.encode(texts.join('')).ids;
    expect(texts.flatMap((text) => starter.encode(text).ids)).toEqual(whole);
  }
});

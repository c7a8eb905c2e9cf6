import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetFiles, matchDataFiles } from '../../../src/core/data/dataset.ts';
import { encodePieces, readPieces } from '../../../src/core/data/documents.ts';
import { readRows } from '../../../src/core/data/rows.ts';
import { readLines, readParts } from '../../../src/core/data/text-file.ts';
import { createRandom } from '../../../src/core/random.ts';
import { loadDatasetExamples, loadExamples } from '../../../src/core/tune/data.ts';
import { sourceFiles } from '../../../src/main/compute/data-source.ts';

const fixtures = new URL('../../fixtures/tasks/data', import.meta.url).pathname;
const SCIQ = join(fixtures, 'allenai/sciq/data/test-00000-of-00001.parquet');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kintsugi-rows-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function write(path: string, content: string | Uint8Array): string {
  const file = join(dir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('readLines', () => {
  it('numbers lines whatever ends them, across chunks and characters of several bytes', async () => {
    const long = '🦊'.repeat(100_000);
    const file = write('lines.txt', `\uFEFFa\r\n${long}\n\nb\rc`);
    expect(await all(readLines(file))).toEqual([
      { line: 1, text: 'a' },
      { line: 2, text: long },
      { line: 3, text: '' },
      { line: 4, text: 'b' },
      { line: 5, text: 'c' },
    ]);
  });

  it('unpacks gzip, and says when it is damaged', async () => {
    const packed = gzipSync('{"text":"x"}\n');
    expect(await all(readLines(write('a.jsonl.gz', packed)))).toHaveLength(1);
    await expect(all(readLines(write('b.jsonl.gz', packed.subarray(0, -9))))).rejects.toMatchObject(
      { code: 'DATA_INVALID' },
    );
    await expect(all(readLines(join(dir, 'none.gz')))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('ENOENT'),
    });
    await expect(all(readLines(write('c.txt', Uint8Array.of(0xff))))).rejects.toThrow('not UTF-8');
  });
});

it('cuts a long text where lines end, and loses nothing', async () => {
  const text = Array.from({ length: 40_000 }, (_, i) => `line ${i} é\n`).join('');
  const parts = await all(readParts(write('long.txt', text), 100_000));
  expect(parts.length).toBeGreaterThan(2);
  expect(parts.join('')).toBe(text);
  for (const part of parts) expect(part.endsWith('\n')).toBe(true);
});

describe('readRows', () => {
  it('reads Parquet by row group, only the columns asked for', async () => {
    const rows = await all(readRows(SCIQ, ['question', 'support', 'absent']));
    expect(rows.map(({ place }) => place)).toEqual(['row 1', 'row 2', 'row 3']);
    expect(Object.keys(rows[0]!.value).toSorted()).toEqual(['question', 'support']);
    expect(rows[2]!.value['support']).toBe('Water boils at 100 degrees;\nit freezes at 0 degrees.');
    expect(await all(readRows(SCIQ, ['absent']))).toHaveLength(3);
  });

  it('gives nested values and whole numbers as JavaScript has them', async () => {
    const file = join(fixtures, 'allenai/ai2_arc/ARC-Easy/test-00000-of-00001.parquet');
    const [first] = await all(readRows(file));
    expect(first!.value['choices']).toEqual({
      text: ['Madrid', 'Paris', 'cold'],
      label: ['A', 'B', 'C'],
    });
    const boolq = join(fixtures, 'aps/super_glue/boolq/validation-00000-of-00001.parquet');
    expect((await all(readRows(boolq)))[0]!.value['label']).toBe(1);
  });

  it('refuses a damaged Parquet file in words, wherever the damage is', async () => {
    const good = readFileSync(SCIQ);
    const random = createRandom(1, 'parquet');
    const path = join(dir, 'damaged.parquet');
    const outcomes = { read: 0, refused: 0 };
    const footer = 8 + good.readUInt32LE(good.length - 8);
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(good);
      const from = i % 2 === 0 ? 0 : bytes.length - footer;
      for (let changes = 1 + random.integer(4); changes > 0; changes--)
        bytes[from + random.integer(bytes.length - from)] = random.integer(256);
      writeFileSync(path, i % 10 === 0 ? bytes.subarray(0, random.integer(bytes.length)) : bytes);
      try {
        await all(readRows(path, ['question', 'absent']));
        outcomes.read++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'DATA_INVALID', file: path });
        outcomes.refused++;
      }
    }
    expect(outcomes.refused).toBeGreaterThan(50);
    expect(outcomes.read).toBeGreaterThan(10);
  });

  it('names the line of what is no JSON object', async () => {
    const file = write('bad.jsonl', '{"a":1}\n\n3');
    await expect(all(readRows(file))).rejects.toMatchObject({ file, field: 'line 3' });
  });
});

describe('the files of a dataset', () => {
  it.each([
    [
      ['ARC-Easy/test-00000-of-00001.parquet', 'ARC-Challenge/test-00000-of-00001.parquet'],
      { config: 'ARC-Easy', split: 'test' },
      ['ARC-Easy/test-00000-of-00001.parquet'],
    ],
    [
      ['data/train-00001-of-00002.parquet', 'data/train-00000-of-00002.parquet', 'README.md'],
      { split: 'train' },
      ['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet'],
    ],
    [
      ['en/c4-train.00000-of-01024.json.gz', 'en/c4-validation.00000-of-00008.json.gz'],
      { config: 'en', split: 'validation' },
      ['en/c4-validation.00000-of-00008.json.gz'],
    ],
    [
      ['default/test/0000.parquet', 'de/test/0000.parquet'],
      { config: 'default', split: 'test' },
      ['default/test/0000.parquet'],
    ],
    [
      ['data/train.jsonl', 'data/test.jsonl', 'validation.csv'],
      { config: 'main', split: 'validation' },
      ['validation.csv'],
    ],
    [['train.parquet', 'train.jsonl'], { split: 'train' }, ['train.parquet']],
    [['training-notes/x.parquet', 'strain.parquet'], { split: 'test' }, []],
  ])('%j for %j', (paths, part, expected) => {
    expect(matchDataFiles(paths, part)).toEqual(expected);
  });

  it('are named by a source: file, folder with its part, or dataset of the hub', async () => {
    const folder = join(fixtures, 'allenai/ai2_arc');
    const easy = join(folder, 'ARC-Easy/test-00000-of-00001.parquet');
    expect(await sourceFiles(easy)).toEqual([easy]);
    expect(await sourceFiles(`${folder}:ARC-Easy:test`)).toEqual([easy]);
    expect(await sourceFiles(`${folder}:ARC-Easy`)).toEqual([easy.replace('/test-', '/train-')]);
    expect(await sourceFiles(join(fixtures, 'allenai/sciq'))).toEqual([
      SCIQ.replace('/test-', '/train-'),
    ]);
    process.env['HF_HUB_CACHE'] = fixtures;
    expect(await sourceFiles('hub:allenai/sciq:test')).toEqual([SCIQ]);
    delete process.env['HF_HUB_CACHE'];
    await expect(datasetFiles(folder, { config: 'ARC-Easy', split: 'dev' })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      file: folder,
    });
  });
});

describe('text of data files', () => {
  it('joins rows, empty ones too, by an empty line', async () => {
    const rows = ['a', '', 'b'].map((text) => JSON.stringify({ text })).join('\n');
    const pieces = await all(readPieces([write('wiki.jsonl', rows), write('end.txt', 'c\nd')]));
    expect(pieces.join('')).toBe('a\n\n\n\nb\n\nc\nd');
  });

  it('takes pages, and questions with their answers', async () => {
    const rows = [{ page: 'p' }, { question: ' q? ', answer: 'a' }];
    const file = write('mixed.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    expect((await all(readPieces([file]))).join('')).toBe('p\n\nQuestion: q?\nAnswer: a');
  });

  it('names the row that has no text', async () => {
    await expect(all(readPieces([SCIQ]))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('no text in a column "text"'),
      field: 'row 1',
    });
  });

  it('reads no more than the tokens that are wanted', async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read++;
        yield 'x'.repeat(2 ** 20);
      }
    }
    // One token for every 1024 characters.
    const encode = (text: string) => new Array<number>(text.length >> 10).fill(1);
    expect(await encodePieces(endless(), encode, 5000)).toHaveLength(5000);
    expect(read).toBe(8);
  });
});

describe('examples to tune on', () => {
  it('come from Parquet as from JSON lines', async () => {
    const file = join(fixtures, 'EleutherAI/wikitext_document_level');
    const page = join(file, 'wikitext-2-raw-v1/test-00000-of-00001.parquet');
    await expect(loadExamples(page)).rejects.toMatchObject({ field: 'row 1' });
    const gz = write('qa.jsonl.gz', gzipSync('{"question":"q","answer":"a"}'));
    expect(await loadExamples(gz)).toMatchObject([
      { context: 'Question: q\nAnswer:', target: ' a' },
    ]);
  });

  it('pass over a dataset’s rows without text', async () => {
    const rows = ['', ' ', 'b', ''].map((text) => JSON.stringify({ text })).join('\n');
    const file = write('blank/train.jsonl', rows);
    expect(await loadDatasetExamples([file])).toMatchObject([{ id: '3', target: 'b' }]);
    const none = write('blank/none.jsonl', '{"text":""}');
    await expect(loadDatasetExamples([none])).rejects.toThrow('holds no examples');
  });
});

it('keeps the fixtures small', () => {
  expect(readFileSync(SCIQ).length).toBeLessThan(20_000);
});

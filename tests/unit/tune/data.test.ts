import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/core/data/csv.ts';
import { loadExamples, readExamples } from '../../../src/core/tune/data.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kintsugi-data-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function save(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, content);
  return file;
}

const load = async (name: string, content: string | Uint8Array) =>
  loadExamples(await save(name, content));

describe('parseCsv', () => {
  it('reads quotes, commas and line breaks inside fields, and any line ending', () => {
    expect(parseCsv('a,b\r\n"x, ""y""\nz",2\n\n3,""\r4,5')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['x, "y"\nz', '2'] },
      { line: 5, fields: ['3', ''] },
      { line: 6, fields: ['4', '5'] },
    ]);
  });

  it('keeps a trailing empty field and ends with or without a line break', () => {
    expect(parseCsv('a,\n').map((r) => r.fields)).toEqual([['a', '']]);
    expect(parseCsv('a,').map((r) => r.fields)).toEqual([['a', '']]);
    expect(parseCsv('')).toEqual([]);
  });

  it.each([['a,b\n1,"x'], ['a,b\n1,x"y'], ['a,b\n1,"x"y']])('refuses %j on line 2', (text) => {
    expect(() => parseCsv(text)).toThrow(expect.objectContaining({ line: 2 }));
  });
});

describe('loadExamples', () => {
  it('reads questions and texts from JSON lines', async () => {
    const content = '\uFEFF{"question":"What is 2+2?","answer":"4"}\n\n{"text":"All of it."}\r\n';
    expect(await load('mixed.jsonl', content)).toEqual([
      {
        id: '1',
        group: 'mixed',
        fact: '1',
        context: 'Question: What is 2+2?\nAnswer:',
        target: ' 4',
      },
      { id: '3', group: 'mixed', fact: '3', context: '', target: 'All of it.' },
    ]);
  });

  it('reads a table by its header, whatever the order of columns', async () => {
    const rows = await load('table.csv', 'Answer,note,Question\n"Paris, France",x,Capital?\n');
    expect(rows).toEqual([
      {
        id: '2',
        group: 'table',
        fact: '2',
        context: 'Question: Capital?\nAnswer:',
        target: ' Paris, France',
      },
    ]);
  });

  it('takes a short text whole', async () => {
    const [example, ...rest] = await load('book.txt', 'One.\n\nTwo.');
    expect(rest).toEqual([]);
    expect(example).toMatchObject({ context: '', target: 'One.\n\nTwo.' });
  });

  it('cuts a long text into passages of whole lines, which can be held apart', async () => {
    const line = `${'word '.repeat(60)}\n`;
    const text = line.repeat(5);
    const passages = await load('book.txt', text);
    expect(passages.map(({ id, fact }) => [id, fact])).toEqual([
      ['1', '1'],
      ['3', '3'],
      ['5', '5'],
    ]);
    expect(passages.map(({ target }) => target).join('')).toBe(text);
  });

  it.each([
    ['bad.jsonl', '{"text":"x"}\n{"text":', 'bad.jsonl, line 2: is not JSON'],
    ['bad.jsonl', '{"text":"x"}\n\n[]', 'line 3: is not a JSON object'],
    ['bad.jsonl', '{"question":"x","answer":" "}', 'line 1: needs'],
    ['bad.csv', 'question,answer\na,b\n"c\nd",e\nf', 'line 5: has 1 fields, the header 2'],
    ['bad.csv', 'question,answer\na,"b', 'line 2: a quote'],
    ['bad.csv', 'q,a\nx,y', 'line 2: needs'],
    ['empty.csv', 'question,answer\n', 'holds no examples'],
    ['empty.txt', ' \n', 'holds no examples'],
    ['data.xlsx', 'x', '".xlsx" files are not understood'],
  ])('refuses %s %j', async (name, content, message) => {
    await expect(load(name, content)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining(message),
      file: join(dir, name),
    });
  });

  it('tells every line that is at fault, with the examples of the others', async () => {
    const text = '{"question":"a","answer":"b"}\n{"question":"a"}\n\nnot json\n{"text":"c"}';
    const file = await save('faults.jsonl', text);
    const { examples, faults } = await readExamples(file);
    expect(examples.map(({ id }) => id)).toEqual(['1', '5']);
    expect(faults.map(({ line }) => line)).toEqual([2, 4]);
    const csv = await save('faults.csv', 'question,answer\na,b\nc\n,d\ne,f');
    const table = await readExamples(csv);
    expect(table.examples).toHaveLength(2);
    expect(table.faults).toEqual([
      { line: 3, message: 'has 1 fields, the header 2' },
      { line: 4, message: expect.stringContaining('non-empty') },
    ]);
  });

  it('refuses what is not UTF-8 and what is not there', async () => {
    const bytes = Uint8Array.of(0xff, 0xfe, 0x41, 0);
    await expect(load('utf16.txt', bytes)).rejects.toThrow('is not UTF-8');
    await expect(loadExamples(join(dir, 'absent.txt'))).rejects.toThrow('cannot be read (ENOENT');
  });
});

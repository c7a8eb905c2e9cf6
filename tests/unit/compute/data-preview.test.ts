import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { dataTasks } from '../../../src/main/compute/tasks/data.ts';
import { namedExamples } from '../../../src/main/compute/tuning-examples.ts';
import { temporaryFolder } from '../db/temporary.ts';

const preview = dataTasks['data.preview'];
const FIXTURES = new URL('../../fixtures/tasks/data', import.meta.url).pathname;

function write(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}
const rows = (...values: object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

it('a dataset’s rows of text are text, of which only the first are read', async () => {
  const many = rows({ text: '' }, { text: ' = Title = ' }).repeat(1000);
  // A fault far behind would be told if all of it were read.
  const path = write('c4-train.json.gz', gzipSync(`${many}no json`));
  const found = await preview({ path });
  expect(found).toMatchObject({ kind: 'text', total: null, errors: [] });
  expect(found.rows).toHaveLength(50);
  expect(found.rows[0]).toEqual({ line: 2, context: '', answer: ' = Title = ' });
});

it('questions stay questions, whatever format they come in', async () => {
  const asked = { question: 'Who?', answer: 'I', text: 'beside' };
  expect(await preview({ path: write('q.jsonl', rows(asked)) })).toMatchObject({
    kind: 'questions',
    total: 1,
  });
  const sciq = join(FIXTURES, 'allenai/sciq/data/test-00000-of-00001.parquet');
  expect(await preview({ path: sciq })).toMatchObject({ kind: 'questions' });
});

it('what is no text among the first rows is told by its line', async () => {
  const path = write('mixed.jsonl', `${rows({ text: 'a' })}{"n":1}\nnot json\n`);
  expect((await preview({ path })).errors).toEqual([
    { line: 2, message: 'has no "text"' },
    { line: 3, message: expect.stringMatching(/not JSON/) },
  ]);
  const damaged = await preview({ path: write('x.json.gz', 'no gzip') });
  expect(damaged).toMatchObject({ rows: [], errors: [{ line: null }] });
});

it('a dataset’s file is tuned on by itself as with its dataset: rows without text are passed over', async () => {
  const text = rows({ text: '' }, { text: 'One.' }, { text: ' ' }, { text: 'Two.' });
  const examples = await namedExamples(write('train.json.gz', gzipSync(text)), undefined);
  expect(examples.map(({ target }) => target)).toEqual(['One.', 'Two.']);
  // In a file of one’s own an empty line is a mistake.
  await expect(namedExamples(write('mine.jsonl', text), undefined)).rejects.toMatchObject({
    code: 'DATA_INVALID',
    field: 'line 1',
  });
});

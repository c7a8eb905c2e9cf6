import { basename, extname } from 'node:path';
import { z } from 'zod';
import { invalidData } from '../data/faults.ts';
import {
  type DataRow,
  formatOf,
  isFault,
  type RowFault,
  readRows,
  readRowsOrFaults,
} from '../data/rows.ts';
import { readText } from '../data/text-file.ts';
import type { Example } from './types.ts';

/** Columns that an example may be made of. */
const COLUMNS = ['question', 'answer', 'text'];

/** Rows that are tuned on at most: they stay in memory. */
const MAX_EXAMPLES = 1_000_000;

/** Rows of a dataset that are tuned on: the first so many that say something. */
const MAX_DATASET_EXAMPLES = 20_000;

/** Something in a data file that is not an example. */
export interface Fault {
  /** Line or row, from 1. */
  readonly line: number;
  readonly message: string;
}

/** What a data file holds: its examples, and the lines that are none. */
export interface ReadData {
  readonly examples: readonly Example[];
  readonly faults: readonly Fault[];
}

/**
 * The examples of a person's data file: .jsonl, .csv, .parquet or .txt. Questions become the tasks'
 * "Question: …\nAnswer:" and only the answer is learned; of plain text, every token.
 * @throws KintsugiError DATA_INVALID naming file and line or row
 */
export async function loadExamples(file: string): Promise<Example[]> {
  const { examples, faults } = await readExamples(file);
  const [first] = faults;
  if (first !== undefined) throw invalidData(file, first.message, `${unitOf(file)} ${first.line}`);
  return [...examples];
}

/**
 * As `loadExamples`, with every line that is at fault instead of the first.
 * @throws KintsugiError DATA_INVALID for a file that cannot be read or holds nothing
 */
export async function readExamples(file: string): Promise<ReadData> {
  const read = formatOf(file) === '.txt' ? await passages(file) : await rowExamples(file);
  if (read.examples.length + read.faults.length === 0) throw invalidData(file, 'holds no examples');
  return read;
}

/** Characters of a passage, at least, unless the text ends: what lies apart can be held apart. */
const PASSAGE = 500;

/** Passages of whole lines, each known by the line that it begins with. */
async function passages(file: string): Promise<ReadData> {
  const examples: Example[] = [];
  let passage = '';
  let begin = 1;
  const cut = () => {
    if (passage.trim() !== '') examples.push(plain(file, String(begin), passage));
    passage = '';
  };
  for (const [index, line] of (await readText(file)).split(/(?<=\n)/).entries()) {
    if (passage === '') begin = index + 1;
    passage += line;
    if (passage.length >= PASSAGE) cut();
  }
  cut();
  return { examples, faults: [] };
}

/**
 * The first examples of a dataset's files; rows without text, as wikitext has many, are passed over.
 * @throws KintsugiError DATA_INVALID naming file and line or row
 */
export async function loadDatasetExamples(files: readonly string[]): Promise<Example[]> {
  const examples: Example[] = [];
  for (const file of files) {
    for await (const row of readRows(file, COLUMNS)) {
      const { text } = row.value;
      if (typeof text === 'string' && text.trim() === '') continue;
      const example = toExample(file, row);
      if (isFault(example)) throw invalidData(file, example.message, example.place);
      examples.push({ ...example, fact: `${file} ${row.place}` });
      if (examples.length === MAX_DATASET_EXAMPLES) return examples;
    }
  }
  const [file = ''] = files;
  if (examples.length === 0) throw invalidData(file, 'holds no examples');
  return examples;
}

async function rowExamples(file: string): Promise<ReadData> {
  const examples: Example[] = [];
  const faults: Fault[] = [];
  for await (const row of readRowsOrFaults(file, COLUMNS)) {
    const example = isFault(row) ? row : toExample(file, row);
    if (isFault(example)) faults.push({ line: numberOf(example), message: example.message });
    else examples.push(example);
    if (examples.length + faults.length > MAX_EXAMPLES)
      throw invalidData(file, `has more than ${MAX_EXAMPLES} examples`);
  }
  return { examples, faults };
}

const filled = z.string().refine((text) => text.trim() !== '', 'is empty');
const Row = z.union([z.object({ question: filled, answer: filled }), z.object({ text: filled })]);

const unitOf = (file: string): string => (formatOf(file) === '.parquet' ? 'row' : 'line');
/** The line or row of a place. */
export const numberOf = ({ place }: { readonly place: string }): number =>
  Number(place.replace(/^\w+ /, ''));

function toExample(file: string, row: DataRow): Example | RowFault {
  const { place, value } = row;
  const parsed = Row.safeParse(value);
  if (!parsed.success) {
    const columns = formatOf(file) === '.jsonl' ? '' : 'columns ';
    const [question, answer, text] = columns === '' ? COLUMNS.map((name) => `"${name}"`) : COLUMNS;
    return { place, message: `needs non-empty ${columns}${question} and ${answer}, or ${text}` };
  }
  const id = String(numberOf(row));
  if ('text' in parsed.data) return plain(file, id, parsed.data.text);
  const { question, answer } = parsed.data;
  const context = `Question: ${question.trim()}\nAnswer:`;
  return { id, group: groupOf(file), fact: id, context, target: ` ${answer.trim()}` };
}

const plain = (file: string, id: string, text: string): Example => ({
  id,
  group: groupOf(file),
  fact: id,
  context: '',
  target: text,
});

const groupOf = (file: string): string => basename(file, extname(file));

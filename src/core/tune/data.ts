import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { KintsugiError } from '../../shared/errors.ts';
import { CsvError, type CsvRecord, parseCsv } from './csv.ts';
import type { Example } from './types.ts';

const MAX_BYTES = 256 * 2 ** 20;

const NEXT =
  'Give a .jsonl of {"question","answer"} or {"text"} objects, a .csv with the header ' +
  'question,answer, or a .txt, in UTF-8.';

/** One fault of a data file; the message says the line where there is one. */
export function invalidData(file: string, message: string, line?: number, next = NEXT) {
  const where = line === undefined ? '' : `, line ${line}`;
  return new KintsugiError('DATA_INVALID', `${basename(file)}${where}: ${message}`, {
    file,
    ...(line === undefined ? {} : { field: `line ${line}` }),
    next,
  });
}

/** The file's text, without a byte order mark. @throws KintsugiError DATA_INVALID */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) throw invalidData(file, 'is not UTF-8 text');
    throw cause;
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES)
      throw invalidData(file, `has ${size} bytes, more than the ${MAX_BYTES} that are read`);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof KintsugiError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidData(file, `cannot be read (${reason})`, undefined, 'Check the path.');
  }
}

/** Something in a data file that is not an example. */
export interface Fault {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** What a data file holds: its examples, and the lines that are none. */
export interface ReadData {
  readonly examples: readonly Example[];
  readonly faults: readonly Fault[];
}

/**
 * The examples of a person's data file: .jsonl, .csv or .txt. Questions become the tasks'
 * "Question: …\nAnswer:" and only the answer is learned; of plain text, every token.
 * @throws KintsugiError DATA_INVALID naming file and line
 */
export async function loadExamples(file: string): Promise<Example[]> {
  const { examples, faults } = await readExamples(file);
  const [first] = faults;
  if (first !== undefined) throw invalidData(file, first.message, first.line);
  return [...examples];
}

/**
 * As `loadExamples`, with every line that is at fault instead of the first.
 * @throws KintsugiError DATA_INVALID for a file that cannot be read or holds nothing
 */
export async function readExamples(file: string): Promise<ReadData> {
  const text = await readText(file);
  const parsed = parse(file, extname(file).toLowerCase(), text);
  const faults = parsed.filter((row): row is Fault => 'message' in row);
  const examples = parsed.filter((row): row is Example => !('message' in row));
  if (parsed.length === 0) throw invalidData(file, 'holds no examples');
  return { examples, faults };
}

function parse(file: string, extension: string, text: string): readonly (Example | Fault)[] {
  switch (extension) {
    case '.jsonl':
      return parseJsonLines(file, text);
    case '.csv':
      return parseTable(file, text);
    case '.txt':
      return text.trim() === '' ? [] : [plain(file, '1', text)];
    default:
      throw invalidData(file, `"${extension}" files are not understood`);
  }
}

const filled = z.string().refine((text) => text.trim() !== '', 'is empty');
const Row = z.union([z.object({ question: filled, answer: filled }), z.object({ text: filled })]);

function parseJsonLines(file: string, text: string): (Example | Fault)[] {
  return text.split(/\r\n|\n|\r/).flatMap((content, index) => {
    if (content.trim() === '') return [];
    return [parseJsonLine(file, content, index + 1)];
  });
}

function parseJsonLine(file: string, content: string, line: number): Example | Fault {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    return { line, message: `is not JSON (${(cause as SyntaxError).message})` };
  }
  const row = Row.safeParse(value);
  if (row.success) return toExample(file, line, row.data);
  return { line, message: 'needs non-empty "question" and "answer", or "text"' };
}

function parseTable(file: string, text: string): (Example | Fault)[] {
  try {
    const [header, ...records] = parseCsv(text);
    const names = header?.fields.map((name) => name.trim().toLowerCase()) ?? [];
    return records.map((record) => parseRecord(file, names, record));
  } catch (cause) {
    // Behind a quote that is out of place no line can be told from another.
    if (cause instanceof CsvError) return [{ line: cause.line, message: cause.message }];
    throw cause;
  }
}

function parseRecord(
  file: string,
  names: readonly string[],
  { line, fields }: CsvRecord,
): Example | Fault {
  if (fields.length !== names.length)
    return { line, message: `has ${fields.length} fields, the header ${names.length}` };
  const row = Row.safeParse(Object.fromEntries(names.map((name, i) => [name, fields[i]])));
  if (row.success) return toExample(file, line, row.data);
  return { line, message: 'needs non-empty columns question and answer, or text' };
}

function toExample(file: string, line: number, row: z.infer<typeof Row>): Example {
  if ('text' in row) return plain(file, String(line), row.text);
  const context = `Question: ${row.question.trim()}\nAnswer:`;
  const id = String(line);
  return { id, group: groupOf(file), fact: id, context, target: ` ${row.answer.trim()}` };
}

const plain = (file: string, id: string, text: string): Example => ({
  id,
  group: groupOf(file),
  fact: id,
  context: '',
  target: text,
});

const groupOf = (file: string): string => basename(file, extname(file));

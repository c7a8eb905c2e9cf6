import { extname } from 'node:path';
import { CsvError, type CsvRecord, parseCsv } from './csv.ts';
import { invalidData } from './faults.ts';
import { readParquet } from './parquet.ts';
import { readLines, readText } from './text-file.ts';

/** One record of a data file: named values, and where they stand. */
export interface DataRow {
  /** `line 3`, or `row 12` of a file without lines; both from 1. */
  readonly place: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** A record that cannot be read. */
export interface RowFault {
  readonly place: string;
  readonly message: string;
}

export const isFault = (row: object): row is RowFault => 'message' in row;

/** A file's format: its extension, `.gz` left aside. */
export const formatOf = (file: string): string => extname(file.replace(/\.gz$/i, '')).toLowerCase();

/** Formats that hold rows. */
export const ROW_FORMATS: readonly string[] = ['.jsonl', '.json', '.csv', '.parquet'];

/**
 * The rows of a .jsonl, .csv or .parquet file in order, few at a time in memory (a .csv is read
 * whole). `.json` is read as JSON lines, which is what datasets mean by it.
 * @param columns what is needed; other columns may be left out
 * @throws KintsugiError DATA_INVALID naming file and place
 */
export async function* readRows(
  file: string,
  columns?: readonly string[],
): AsyncGenerator<DataRow> {
  for await (const row of readRowsOrFaults(file, columns)) {
    if (isFault(row)) throw invalidData(file, row.message, row.place);
    yield row;
  }
}

/**
 * As `readRows`, with what is wrong in place of a record that cannot be read.
 * @throws KintsugiError DATA_INVALID for a file that cannot be read at all
 */
export function readRowsOrFaults(
  file: string,
  columns?: readonly string[],
): AsyncGenerator<DataRow | RowFault> {
  switch (formatOf(file)) {
    case '.jsonl':
    case '.json':
      return jsonRows(file);
    case '.csv':
      return csvRows(file);
    case '.parquet':
      return parquetRows(file, columns);
    default:
      throw invalidData(file, `"${formatOf(file)}" files are not understood`);
  }
}

async function* jsonRows(file: string): AsyncGenerator<DataRow | RowFault> {
  for await (const { line, text } of readLines(file)) {
    if (text.trim() !== '') yield parseLine(text, `line ${line}`);
  }
}

function parseLine(text: string, place: string): DataRow | RowFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return { place, message: `is not JSON (${(cause as SyntaxError).message})` };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return { place, value: value as Record<string, unknown> };
  return { place, message: 'is not a JSON object' };
}

async function* csvRows(file: string): AsyncGenerator<DataRow | RowFault> {
  const text = await readText(file);
  let records: CsvRecord[];
  try {
    records = parseCsv(text);
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    // Behind a quote that is out of place no line can be told from another.
    yield { place: `line ${cause.line}`, message: cause.message };
    return;
  }
  const [header, ...rest] = records;
  const names = header?.fields.map((name) => name.trim().toLowerCase()) ?? [];
  for (const { line, fields } of rest) {
    const place = `line ${line}`;
    if (fields.length === names.length)
      yield { place, value: Object.fromEntries(names.map((name, i) => [name, fields[i]])) };
    else yield { place, message: `has ${fields.length} fields, the header ${names.length}` };
  }
}

async function* parquetRows(
  file: string,
  columns: readonly string[] | undefined,
): AsyncGenerator<DataRow> {
  let row = 0;
  for await (const value of readParquet(file, columns)) yield { place: `row ${++row}`, value };
}

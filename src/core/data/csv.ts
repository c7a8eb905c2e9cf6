/** One record of a CSV text, with the line that it starts on (from 1). */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What is wrong and where; the caller knows the file. */
export class CsvError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * Reads RFC 4180: comma-separated, quotes around fields that hold commas, quotes or line breaks.
 * Empty lines are skipped. Scanned by hand: a regular expression that allows for quotes overflows
 * its stack on a long field. @throws CsvError for a quote out of place or never closed
 */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let start = 1;
  let at = 0;
  while (at < text.length || fields.length > 0) {
    const field = text[at] === '"' ? quotedField(text, at, line) : bareField(text, at);
    fields.push(field.value);
    line += field.breaks;
    at = field.end;
    const end = text[at];
    if (end === '"' || (end !== undefined && !',\r\n'.includes(end)))
      throw new CsvError(line, 'a quote is out of place');
    at++;
    if (end === ',') continue;
    if (end === '\r' && text[at] === '\n') at++;
    line++;
    if (fields.length > 1 || fields[0] !== '') records.push({ line: start, fields });
    fields = [];
    start = line;
  }
  return records;
}

interface Field {
  readonly value: string;
  /** Index of what follows the field. */
  readonly end: number;
  /** Line breaks inside. */
  readonly breaks: number;
}

function bareField(text: string, start: number): Field {
  let end = start;
  while (end < text.length && !',\r\n"'.includes(text[end]!)) end++;
  return { value: text.slice(start, end), end, breaks: 0 };
}

function quotedField(text: string, start: number, line: number): Field {
  let close = text.indexOf('"', start + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) throw new CsvError(line, 'a quote is never closed');
  const value = text.slice(start + 1, close).replaceAll('""', '"');
  let breaks = 0;
  for (const _ of value.matchAll(/\r\n|\n|\r/g)) breaks++;
  return { value, end: close + 1, breaks };
}

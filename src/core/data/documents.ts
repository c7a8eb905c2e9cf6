import { invalidData } from './faults.ts';
import { formatOf, readRows } from './rows.ts';
import { readParts } from './text-file.ts';

/** Columns that hold a document, the first that a row has (C4 and wikitext say `text`). */
const COLUMNS = ['text', 'page', 'content', 'question', 'answer'];

/** A longer text file comes in parts, cut where a line ends. */
const PART = 2 ** 24;

/** What stands between two documents (as in GPTQ's and SparseGPT's wikitext). */
const SEPARATOR = '\n\n';

/**
 * The text of data files in pieces: whole .txt files and the rows of the other formats, empty ones
 * too, with an empty line between them. Questions are put together with their answers.
 * @throws KintsugiError DATA_INVALID naming file and line or row
 */
export async function* readPieces(files: readonly string[]): AsyncGenerator<string> {
  let between = '';
  for (const file of files) {
    const isText = ['.txt', ''].includes(formatOf(file));
    for await (const document of isText ? readParts(file, PART) : rowTexts(file)) {
      yield between + document;
      between = isText ? '' : SEPARATOR;
    }
    between = SEPARATOR;
  }
}

async function* rowTexts(file: string): AsyncGenerator<string> {
  for await (const { place, value } of readRows(file, COLUMNS)) {
    const [text, page, content, question, answer] = COLUMNS.map((column) => value[column]);
    const document = [text, page, content].find((one) => one !== undefined && one !== null);
    if (typeof document === 'string') yield document;
    else if (typeof question === 'string' && typeof answer === 'string')
      yield `Question: ${question.trim()}\nAnswer: ${answer.trim()}`;
    else throw invalidData(file, 'has no text in a column "text"', place);
  }
}

/** Text is tokenised in parts of so many characters, so that only token ids fill the memory. */
const BLOCK = 2 ** 22;

/**
 * Token ids of a text in pieces, `limit` at most; what lies behind them is not read. A text of up to
 * some million characters is tokenised as one.
 */
export async function encodePieces(
  pieces: AsyncIterable<string>,
  encode: (text: string) => readonly number[],
  limit: number,
): Promise<number[]> {
  const ids: number[] = [];
  const add = (text: string) => {
    for (const id of encode(text)) ids.push(id);
  };
  let block = '';
  for await (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK) continue;
    add(block);
    block = '';
    if (ids.length >= limit) break;
  }
  if (ids.length < limit) add(block);
  return ids.slice(0, limit);
}

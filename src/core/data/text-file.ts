import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { KintsugiError } from '../../shared/errors.ts';
import { invalidData, unreadable } from './faults.ts';

/** Largest file that is read at once, and longest line. */
const MAX_BYTES = 256 * 2 ** 20;

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
    throw unreadable(file, cause);
  }
}

/**
 * A text piece by piece, as the disk gives it, unpacked if its name ends in `.gz`; a character is
 * never cut. @throws KintsugiError DATA_INVALID
 */
async function* readChunks(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const raw = createReadStream(file, { highWaterMark: 2 ** 18 });
  const bytes = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  // An error of the file does not reach the end of the pipe by itself.
  if (bytes !== raw) raw.on('error', (error) => bytes.destroy(error));
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk as Uint8Array, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    if (cause instanceof TypeError) throw invalidData(file, 'is not UTF-8 text');
    throw unreadable(file, cause);
  } finally {
    raw.destroy();
  }
}

export interface Line {
  /** From 1. */
  readonly line: number;
  /** Without its end. */
  readonly text: string;
}

/** The lines of a text file, holding one at a time. @throws KintsugiError DATA_INVALID */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let line = 1;
  let rest = '';
  for await (const piece of readChunks(file)) {
    const lines = (rest + piece).split(/\r\n|\n|\r(?=[^\n])/);
    rest = lines.pop()!;
    if (rest.length > MAX_BYTES) throw invalidData(file, 'is too long', `line ${line}`);
    for (const text of lines) yield { line: line++, text };
  }
  if (rest !== '') yield { line, text: rest.replace(/\r$/, '') };
}

/** A text in parts of about `size` characters that end with a line. @throws KintsugiError DATA_INVALID */
export async function* readParts(file: string, size: number): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of readChunks(file)) {
    rest += piece;
    if (rest.length < size) continue;
    const end = rest.lastIndexOf('\n') + 1;
    if (end === 0 && rest.length < MAX_BYTES) continue;
    const cut = end === 0 ? rest.length : end;
    yield rest.slice(0, cut);
    rest = rest.slice(cut);
  }
  if (rest !== '') yield rest;
}

import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ErrorCode, KintsugiError } from '../../shared/errors.ts';

/**
 * JSON.parse that refuses what it would hide: a name given twice in one object, of which it keeps
 * the last. Names such as `__proto__` become ordinary own properties. @throws SyntaxError
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const twice = repeatedName(text);
  if (twice !== undefined) throw new SyntaxError(`the name ${quote(twice)} is given twice`);
  return value;
}

/** The first name that occurs twice in one object of `text`, which is known to be valid JSON. */
function repeatedName(text: string): string | undefined {
  const scopes: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '{') scopes.push(new Set());
    else if (c === '}') scopes.pop();
    else if (c === '"') {
      const end = endOfString(text, i);
      if (isName(text, end + 1)) {
        const name = nameOf(text.slice(i, end + 1));
        const scope = scopes.at(-1)!;
        if (scope.has(name)) return name;
        scope.add(name);
      }
      i = end;
    }
  }
  return undefined;
}

/** Names may be written with escapes: what they mean is compared. */
const nameOf = (literal: string): string =>
  literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

function isName(text: string, after: number): boolean {
  let i = after;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i++;
  return text[i] === ':';
}

/** A name from a file as it may stand in a message: escaped and of bounded length. */
export const quote = (name: string): string =>
  JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How failures to read one kind of JSON file are reported. */
export interface JsonFileKind {
  readonly code: ErrorCode;
  /** When the file isn't there; `code` by default. */
  readonly missing?: ErrorCode;
  /** Largest accepted size, bytes. */
  readonly limit: number;
  readonly next: string;
}

export interface JsonFile {
  readonly value: JsonObject;
  readonly bytes: Uint8Array;
}

/** A JSON file that holds one object. @throws KintsugiError `kind.code` or `kind.missing` */
export async function readJsonObject(path: string, kind: JsonFileKind): Promise<JsonFile> {
  const bytes = await readBounded(path, kind);
  const fault = (message: string, cause?: unknown) =>
    new KintsugiError(kind.code, `${basename(path)} ${message}`, {
      file: path,
      next: kind.next,
      cause,
    });
  let value: unknown;
  try {
    value = parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw fault(`is not valid JSON: ${(cause as Error).message}`, cause);
  }
  if (!isObject(value)) throw fault('must hold a JSON object');
  return { value, bytes };
}

/** The bytes of a file that must not be large. @throws KintsugiError `kind.code` or `kind.missing` */
export async function readBounded(path: string, kind: JsonFileKind): Promise<Uint8Array> {
  const { code, missing = code, limit, next } = kind;
  const fault = (message: string, cause?: unknown) =>
    new KintsugiError(code, `${basename(path)} ${message}`, { file: path, next, cause });
  try {
    // A named pipe would block the open that follows.
    const { size } = await stat(path).then((s) => (s.isFile() ? s : Promise.reject(s)));
    if (size > limit) throw fault(`has ${size} bytes, more than the ${limit} that are accepted`);
    const file = await open(path);
    try {
      const bytes = new Uint8Array(size);
      const { bytesRead } = await file.read(bytes, 0, size, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof KintsugiError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new KintsugiError(missing, `${basename(path)} does not exist`, {
        file: path,
        next,
        cause,
      });
    throw fault('cannot be read', cause);
  }
}

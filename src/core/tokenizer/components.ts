import type { JsonObject } from '../checkpoint/json.ts';
import { readCharsMap } from './precompiled.ts';
import { type SplitBehaviour, splitText } from './split.ts';

/**
 * Parts of a tokenizer that the JavaScript package does in another way than Hugging Face's own
 * tokenizers, done as those do them. What is not here gives equal results as it is. Every part is
 * mended in place, beside the piece of tokenizer.json that it was made of.
 */

export interface Normalizer {
  normalize(text: string): string;
  /** Of a sequence. */
  readonly normalizers?: readonly (Normalizer | null)[];
}

export interface PreTokenizer {
  pre_tokenize(text: string, options: { readonly section_index: number }): string[];
  pre_tokenize_text(text: string): string[];
  /** Compiled from a Split's pattern. */
  readonly pattern?: RegExp | null;
  /** Of a sequence. */
  readonly tokenizers?: readonly (PreTokenizer | null)[];
}

export interface Decoder {
  decode(tokens: readonly string[]): string;
  decode_chain(tokens: readonly string[]): string[];
  /** Of ByteLevel: bytes by the characters that stand for them. */
  readonly byte_decoder?: Readonly<Record<string, number>>;
  /** Of a sequence. */
  readonly decoders?: readonly (Decoder | null)[];
}

/** Mends a part or, of a sequence, its parts. */
function each<Part>(
  parts: readonly (Part | null)[] | undefined,
  definitions: unknown,
  mend: (part: Part | null, definition: JsonObject) => void,
): void {
  parts?.forEach((part, i) => {
    mend(part, (definitions as readonly JsonObject[])[i]!);
  });
}

export function mendNormalizer(part: Normalizer | null, definition: JsonObject): void {
  if (!part) return;
  const { normalize } = part;
  switch (definition['type']) {
    case 'Sequence':
      each(part.normalizers, definition['normalizers'], mendNormalizer);
      break;
    case 'Precompiled': {
      // The package approximates sentencepiece's table.
      const table = definition['precompiled_charsmap'];
      if (typeof table === 'string' && table !== '') part.normalize = readCharsMap(table).normalize;
      break;
    }
    case 'Lowercase':
      // Character by character: no final sigma.
      part.normalize = (text) => Array.from(text, (character) => character.toLowerCase()).join('');
      break;
    case 'Prepend':
      part.normalize = (text) => (text === '' ? '' : normalize.call(part, text));
      break;
    case 'Strip': {
      const { strip_left: left, strip_right: right } = definition;
      part.normalize = (text) => strip(text, left === true, right === true);
    }
  }
}

/** JavaScript's trim takes U+FEFF for a space and U+0085 for none. */
function strip(text: string, left: boolean, right: boolean): string {
  const isSpace = (index: number) => /\p{White_Space}/u.test(text[index] ?? '');
  let start = 0;
  let end = text.length;
  while (left && start < end && isSpace(start)) start++;
  while (right && end > start && isSpace(end - 1)) end--;
  return text.slice(start, end);
}

const PUNCTUATION = /[\p{P}\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e]/gu;

export function mendPreTokenizer(part: PreTokenizer | null, definition: JsonObject): void {
  if (!part) return;
  const splitAt = (pattern: RegExp, behaviour: SplitBehaviour, invert = false) => {
    part.pre_tokenize_text = (text) => splitText(text, pattern, behaviour, invert);
  };
  switch (definition['type']) {
    case 'Sequence':
      each(part.tokenizers, definition['pretokenizers'], mendPreTokenizer);
      break;
    case 'Split':
      if (!part.pattern) throw new Error('a Split has no pattern');
      splitAt(part.pattern, behaviourOf(definition['behavior']), definition['invert'] === true);
      break;
    case 'Punctuation':
      splitAt(PUNCTUATION, behaviourOf(definition['behavior'] ?? 'Isolated'));
      break;
    case 'Digits':
      splitAt(/\p{N}/gu, definition['individual_digits'] === true ? 'Isolated' : 'Contiguous');
      break;
    case 'WhitespaceSplit':
      splitAt(/\p{White_Space}/gu, 'Removed');
  }
}

const BEHAVIOURS: readonly unknown[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
] satisfies SplitBehaviour[];

function behaviourOf(name: unknown): SplitBehaviour {
  if (BEHAVIOURS.includes(name)) return name as SplitBehaviour;
  throw new Error(`Unknown split behaviour: ${String(name)}`);
}

/**
 * The definition of a pre-tokenizer with every Metaspace followed by the split that it stands for:
 * the package forgets `split`, and the older name of "never".
 */
export function mendMetaspace(definition: JsonObject): JsonObject {
  const { type, pretokenizers, replacement = '▁', split = true } = definition;
  if (type === 'Sequence' && Array.isArray(pretokenizers))
    return { ...definition, pretokenizers: pretokenizers.map(mendMetaspace) };
  if (type !== 'Metaspace') return definition;
  const space = { ...definition, replacement, prepend_scheme: prependScheme(definition) };
  if (split !== true) return space;
  const pattern = { String: replacement };
  const cut = { type: 'Split', pattern, behavior: 'MergedWithNext', invert: false };
  return { type: 'Sequence', pretokenizers: [space, cut] };
}

const prependScheme = ({ prepend_scheme, add_prefix_space }: JsonObject): unknown =>
  prepend_scheme ?? (add_prefix_space === false ? 'never' : 'always');

export function mendDecoder(part: Decoder | null, definition: JsonObject): void {
  if (!part) return;
  switch (definition['type']) {
    case 'Sequence':
      each(part.decoders, definition['decoders'], mendDecoder);
      break;
    case 'ByteFallback':
      part.decode_chain = joinBytes;
      break;
    case 'ByteLevel':
      part.decode_chain = (tokens) => [decodeBytes(tokens, part.byte_decoder!)];
      break;
    case 'Metaspace': {
      const replacement = String(definition['replacement'] ?? '▁');
      const prefixed = prependScheme(definition) !== 'never';
      part.decode_chain = (tokens) => spaces(tokens, replacement, prefixed);
    }
  }
}

/** The space that was put in front of the text goes; the others come back. */
function spaces(tokens: readonly string[], replacement: string, prefixed: boolean): string[] {
  const [first = '', ...rest] = tokens;
  const cut = prefixed && first.startsWith(replacement) ? first.slice(replacement.length) : first;
  return [cut, ...rest].map((token) => token.replaceAll(replacement, ' '));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** `<0xE2>` and the like become characters together; if they make none, one replacement a byte. */
function joinBytes(tokens: readonly string[]): string[] {
  const pieces: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) pieces.push(characters(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else {
      flush();
      pieces.push(token);
    }
  }
  flush();
  return pieces;
}

function characters(bytes: readonly number[]): string {
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return '\uFFFD'.repeat(bytes.length);
  }
}

/** Tokens in the byte alphabet are bytes; any other token (an added one) is its own text. */
function decodeBytes(
  tokens: readonly string[],
  alphabet: Readonly<Record<string, number>>,
): string {
  const bytes = tokens.flatMap((token) => {
    const known = Array.from(token, (character) => alphabet[character]);
    return known.includes(undefined) ? Array.from(encoder.encode(token)) : (known as number[]);
  });
  return lossy.decode(Uint8Array.from(bytes));
}

/** How sentencepiece rewrites characters: a table of byte sequences and what stands for them. */
export interface CharsMap {
  /** The text with every grapheme, or else every character, replaced that the table has. */
  normalize(text: string): string;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Longer graphemes are looked up character by character, as tokenizers does. */
const LONGEST = 6;

/**
 * Reads a `precompiled_charsmap`: the size of a double-array trie in bytes, the trie (darts-clone:
 * 32-bit units, little-endian), then the replacements, each ended by a zero byte. Lookup follows
 * tokenizers' `spm_precompiled`, which takes the shortest prefix that the trie holds.
 * @throws RangeError for a table that is cut short
 */
export function readCharsMap(base64: string): CharsMap {
  const bytes = Buffer.from(base64, 'base64');
  const size = bytes.length < 4 ? Number.NaN : bytes.readUInt32LE(0);
  if (!(size % 4 === 0 && 4 + size <= bytes.length)) throw new RangeError('the table is cut short');
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const replacements = bytes.subarray(4 + size);

  function find(chunk: string): string | undefined {
    const at = shortestPrefix(units, encoder.encode(chunk));
    if (at === undefined || at >= replacements.length) return undefined;
    const end = replacements.indexOf(0, at);
    return decoder.decode(replacements.subarray(at, end < 0 ? undefined : end));
  }

  return {
    normalize(text) {
      let made = '';
      for (const { segment } of graphemes.segment(text)) {
        const whole = encoder.encode(segment).length < LONGEST ? find(segment) : undefined;
        if (whole !== undefined) made += whole;
        else for (const character of segment) made += find(character) ?? character;
      }
      return made;
    },
  };
}

const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);

/** The value of the shortest prefix of the key that is in the trie. */
function shortestPrefix(units: Uint32Array, key: Uint8Array): number | undefined {
  let node = 0;
  let unit = units[0] ?? 0;
  node ^= offset(unit);
  for (const byte of key) {
    if (byte === 0) return undefined;
    node ^= byte;
    unit = units[node] ?? 0;
    if ((unit & 0x800000ff) !== byte) return undefined;
    node ^= offset(unit);
    if ((unit & 0x100) !== 0) return (units[node] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

/** Byte-level byte-pair encoding (Sennrich et al. 2016; bytes and splitting as in GPT-2), in Hugging Face's file format. */

export const END_OF_TEXT = '<|endoftext|>';
export const PAD = '<|pad|>';

interface Bpe {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
}

/** GPT-2's split; the ByteLevel pre-tokenizer of tokenizer.json applies the same one. */
const SPLIT = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

interface Word {
  /** Current symbols; merging shortens it. */
  symbols: string[];
  readonly count: number;
}

/**
 * Learns merges until the vocabulary (2 specials, 256 bytes, then merges) has `size` entries or no pair occurs twice.
 * The most frequent pair wins; among equals the first in code-unit order, so that the result depends on the texts only.
 */
export function trainBpe(texts: Iterable<string>, size: number): Bpe {
  const words = countWords(texts);
  const pairs = createPairIndex(words);
  const vocabulary = new Map([END_OF_TEXT, PAD, ...byteAlphabet()].map((token, id) => [token, id]));
  const merges: [string, string][] = [];
  while (vocabulary.size < size) {
    const best = pairs.best();
    if (best === undefined) break;
    merges.push(best);
    vocabulary.set(best.join(''), vocabulary.size);
    pairs.merge(best);
  }
  return { vocabulary, merges };
}

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [word] of text.matchAll(SPLIT)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const alphabet = byteAlphabet();
  const encoder = new TextEncoder();
  return [...counts].map(([word, count]) => ({
    symbols: Array.from(encoder.encode(word), (byte) => alphabet[byte]!),
    count,
  }));
}

/** Counts of adjacent pairs, and the words that hold each, kept up to date while merging. */
function createPairIndex(words: readonly Word[]) {
  // The separator cannot occur in a symbol: the byte alphabet has no space.
  const counts = new Map<string, number>();
  const holders = new Map<string, Set<Word>>();
  const tally = (word: Word, sign: 1 | -1) => {
    for (let i = 1; i < word.symbols.length; i++) {
      const pair = `${word.symbols[i - 1]} ${word.symbols[i]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + sign * word.count);
      if (sign < 0) continue;
      const set = holders.get(pair);
      if (set) set.add(word);
      else holders.set(pair, new Set([word]));
    }
  };
  for (const word of words) tally(word, 1);
  return {
    best(): [string, string] | undefined {
      let best = '';
      let most = 1;
      for (const [pair, count] of counts) {
        if (count > most || (count === most && most > 1 && pair < best))
          [best, most] = [pair, count];
      }
      return best === '' ? undefined : (best.split(' ') as [string, string]);
    },
    merge([left, right]: [string, string]) {
      const pair = `${left} ${right}`;
      for (const word of holders.get(pair) ?? []) {
        tally(word, -1);
        word.symbols = mergeSymbols(word.symbols, left, right);
        tally(word, 1);
      }
      counts.delete(pair);
      holders.delete(pair);
    },
  };
}

function mergeSymbols(symbols: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const both = symbols[i] === left && symbols[i + 1] === right;
    merged.push(both ? left + right : symbols[i]!);
    if (both) i++;
  }
  return merged;
}

/** GPT-2's bytes as printable characters: visible Latin-1 stands for itself, the rest is moved to U+0100 and on. */
function byteAlphabet(): string[] {
  let moved = 0x100;
  const visible = (b: number) => (b > 0x20 && b < 0x7f) || (b > 0xa0 && b !== 0xad);
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(visible(b) ? b : moved++));
}

/** tokenizer.json: read by @huggingface/tokenizers and by Python's tokenizers. */
export function tokenizerJson({ vocabulary, merges }: Bpe): object {
  const special = (content: string) => ({
    id: vocabulary.get(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(END_OF_TEXT), special(PAD)],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary),
      merges: merges.map((pair) => pair.join(' ')),
    },
  };
}

export function tokenizerConfigJson(maxLength: number): object {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_prefix_space: false,
    add_bos_token: true,
    add_eos_token: false,
    bos_token: END_OF_TEXT,
    eos_token: END_OF_TEXT,
    unk_token: END_OF_TEXT,
    pad_token: PAD,
    clean_up_tokenization_spaces: false,
    model_max_length: maxLength,
  };
}

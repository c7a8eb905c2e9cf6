import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { isObject, type JsonObject } from '../checkpoint/json.ts';
import { type AddedToken, createTokenCutter } from './added-tokens.ts';
import {
  type Decoder,
  mendDecoder,
  mendMetaspace,
  mendNormalizer,
  mendPreTokenizer,
  type Normalizer,
  type PreTokenizer,
} from './components.ts';

/** Text to ids and back, as tokenizer.json says. */
export interface Pipeline {
  /** Without special tokens around; undefined where the vocabulary has no token, not even an unknown one. */
  encode(text: string): (number | undefined)[];
  /** Without special tokens and ids that have no token. */
  decode(ids: readonly number[]): string;
  /** What the template puts around a text. */
  readonly around: {
    readonly before: readonly (number | undefined)[];
    readonly after: readonly (number | undefined)[];
  };
  idOf(token: string): number | undefined;
}

/**
 * Builds the steps of a tokenizer.json. The package gives the parts (normalisers, pre-tokenizers,
 * models, templates, decoders); how they follow each other is here, because the package looks for
 * added tokens and joins unknown ones in another way than Hugging Face's own tokenizers.
 * @throws Error for parts that the package does not know
 */
export function buildPipeline(source: JsonObject): Pipeline {
  const preTokenizing = source['pre_tokenizer'];
  const definition = {
    ...{ normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null },
    ...(source as unknown as Definition),
    ...(isObject(preTokenizing) ? { pre_tokenizer: mendMetaspace(preTokenizing) } : {}),
  };
  const hub = new HubTokenizer(definition, {}) as unknown as Hub;
  mendNormalizer(hub.normalizer, definition.normalizer);
  mendPreTokenizer(hub.pre_tokenizer, definition.pre_tokenizer);
  mendDecoder(hub.decoder, definition.decoder);
  const { model, normalizer, pre_tokenizer: preTokenizer, decoder } = hub;
  const normalize = (text: string) => (normalizer ? normalizer.normalize(text) : text);
  const added = definition.added_tokens ?? [];
  const isNormalized = (token: AddedToken) => token.normalized ?? !token.special;
  const cutRaw = createTokenCutter(
    added.filter((token) => !isNormalized(token)).map((token) => ({ token, ...token })),
  );
  const normalized = added
    .filter(isNormalized)
    .map((token) => ({ token, content: normalize(token.content) }));
  const cutNormalized = createTokenCutter(normalized);
  const idsOf = pieceEncoder(definition.model, model);
  const pieces = (text: string, start: number) =>
    // Metaspace asks whether a piece begins the text.
    preTokenizer ? preTokenizer.pre_tokenize(text, { section_index: start }) : [text];

  const special = new Set(added.filter((token) => token.special).map(({ id }) => id));
  // Ids come back as what was looked for (tokenizers 0.23).
  const lookedFor = new Map(normalized.map(({ token, content }) => [token.id, content]));
  return {
    encode: (text) =>
      cutRaw(text).flatMap((section) => {
        if ('id' in section) return [section.id];
        return cutNormalized(normalize(section.text)).flatMap((part) =>
          'id' in part
            ? [part.id]
            : pieces(part.text, section.start + part.start).flatMap((piece) =>
                piece === '' ? [] : idsOf(piece),
              ),
        );
      }),
    decode(ids) {
      const tokens = ids.flatMap((id) =>
        special.has(id) ? [] : (lookedFor.get(id) ?? model.vocab[id] ?? []),
      );
      return decoder ? decoder.decode(tokens) : tokens.join(' ');
    },
    around: templateAround(hub),
    idOf: (token) => hub.token_to_id(token),
  };
}

/** What of tokenizer.json is read here; the package checks the rest. */
interface Definition {
  readonly model: ModelFields;
  readonly added_tokens?: readonly AddedToken[];
  readonly normalizer: JsonObject;
  readonly pre_tokenizer: JsonObject;
  readonly decoder: JsonObject;
}

interface ModelFields {
  readonly type?: string;
  readonly byte_fallback?: boolean;
  readonly fuse_unk?: boolean;
}

/** The package's tokenizer as it is used here; its own types cannot be resolved. */
interface Hub {
  readonly normalizer: Normalizer | null;
  readonly pre_tokenizer: PreTokenizer | null;
  readonly model: Model;
  readonly decoder: Decoder | null;
  readonly post_processor: {
    post_process(
      tokens: readonly string[],
      pair: null,
      add: boolean,
    ): { readonly tokens: string[] };
  } | null;
  token_to_id(token: string): number | undefined;
}

interface Model {
  readonly vocab: readonly (string | undefined)[];
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  readonly unk_token_id?: number;
  /** Tokens of pieces. */
  encode(pieces: readonly string[]): string[];
}

/** Ids of one piece. Unigram always joins unknown tokens that follow each other, BPE if told to. */
function pieceEncoder({ type, byte_fallback, fuse_unk }: ModelFields, model: Model) {
  const { tokens_to_ids: known, unk_token_id: unknown } = model;
  const unigram = type === 'Unigram';
  const joins = unigram || (fuse_unk ?? false);
  const bytesOf = (token: string) =>
    Array.from(Buffer.from(token), (byte) =>
      known.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
  return (piece: string): (number | undefined)[] => {
    const ids: (number | undefined)[] = [];
    let wasUnknown = false;
    for (const token of model.encode([piece])) {
      const id = known.get(token);
      const isUnknown = id === undefined || id === unknown;
      const bytes = isUnknown && unigram && byte_fallback ? bytesOf(token) : [];
      if (bytes.length > 0 && !bytes.includes(undefined)) ids.push(...bytes);
      else if (!(isUnknown && wasUnknown && joins)) ids.push(id ?? unknown);
      wasUnknown = isUnknown;
    }
    return ids;
  };
}

/** Stands for the text in the template; no token holds this character. */
const TEXT = '\uFFFF';

function templateAround(hub: Hub): Pipeline['around'] {
  const tokens = hub.post_processor?.post_process([TEXT], null, true).tokens ?? [TEXT];
  const at = tokens.indexOf(TEXT);
  const ids = tokens.map((token) => hub.token_to_id(token));
  return { before: ids.slice(0, at), after: ids.slice(at + 1) };
}

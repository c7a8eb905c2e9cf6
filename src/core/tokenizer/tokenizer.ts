import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { KintsugiError } from '../../shared/errors.ts';
import { type JsonFile, type JsonObject, readJsonObject } from '../checkpoint/json.ts';
import { type Folder, openFolder } from '../checkpoint/paths.ts';
import { createDecodeStream, type DecodeStream } from './decode-stream.ts';
import { checkVocabulary } from './vocabulary.ts';

export interface EncodeOptions {
  /** Adds what the tokenizer's template puts around a text, for example a beginning-of-text token. */
  readonly addSpecialTokens?: boolean;
}

export interface Tokenizer {
  /** Token ids of a text; no special tokens are added unless asked for. */
  encode(text: string, options?: EncodeOptions): number[];
  /** The text of ids, without special tokens and ids that have no token. */
  decode(ids: readonly number[]): string;
  /** Decodes ids as they come. */
  decodeStream(): DecodeStream;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  /** Largest id + 1. */
  readonly vocabularySize: number;
  /** SHA-256 (hex) of tokenizer.json. */
  readonly hash: string;
}

/** The largest in use (a vocabulary of 262,144) has 33 MB. */
const TOKENIZER_LIMIT = 2 ** 27;
const CONFIG_LIMIT = 2 ** 24;

const NEXT =
  'Download tokenizer.json again, or save the tokenizer with transformers as a fast tokenizer.';

/**
 * The tokenizer of a model folder: tokenizer.json, and the names of its special tokens from
 * tokenizer_config.json or, without it, their ids from config.json.
 * @throws KintsugiError TOKENIZER_INVALID
 */
export async function loadTokenizer(dir: string): Promise<Tokenizer> {
  const folder = await openFolder(dir).catch((cause) => {
    throw invalid(dir, `There is no model folder ${dir}`, cause);
  });
  const definition = await readFile(folder, 'tokenizer.json', TOKENIZER_LIMIT);
  if (!definition) throw invalid(dir, 'The model folder has no tokenizer.json');
  const file = join(folder.path, 'tokenizer.json');
  const settings = (await readFile(folder, 'tokenizer_config.json', CONFIG_LIMIT))?.value;
  const config = (await readFile(folder, 'config.json', CONFIG_LIMIT))?.value ?? {};
  const vocabularySize = checkVocabulary(definition.value, (message, field) =>
    invalid(file, message, undefined, field),
  );
  const hub = build(definition.value, settings ?? {}, file);
  const decode = (ids: readonly number[]): string => {
    const known = ids.filter((id) => hub.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    // Cleaning up would change what the model wrote.
    return hub.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  };
  const special = (role: string) => specialId(hub, settings, config, role, vocabularySize);
  return {
    encode(text, { addSpecialTokens = false } = {}) {
      const { ids }: { ids: number[] } = hub.encode(text, {
        add_special_tokens: addSpecialTokens,
      });
      // Undefined where a template names a token that the vocabulary lacks.
      if (!ids.every(Number.isInteger))
        throw invalid(file, 'The tokenizer has no token for a part of the text');
      return ids;
    },
    decode,
    decodeStream: () => createDecodeStream(decode),
    bosId: special('bos'),
    eosId: special('eos'),
    padId: special('pad'),
    vocabularySize,
    hash: createHash('sha256').update(definition.bytes).digest('hex'),
  };
}

function invalid(file: string, message: string, cause?: unknown, field?: string): KintsugiError {
  const context = { file, next: NEXT, cause, ...(field === undefined ? {} : { field }) };
  return new KintsugiError('TOKENIZER_INVALID', message, context);
}

/** A JSON file of the folder, or undefined when there is none. */
async function readFile(
  folder: Folder,
  name: string,
  limit: number,
): Promise<JsonFile | undefined> {
  const file = join(folder.path, name);
  let path: string | undefined;
  try {
    path = await folder.inside(name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(file, `${name} cannot be read`, cause);
  }
  if (path === undefined) throw invalid(file, `${name} leads out of the model folder`);
  return readJsonObject(path, { code: 'TOKENIZER_INVALID', limit, next: NEXT });
}

function build(definition: JsonObject, settings: JsonObject, file: string): HubTokenizer {
  try {
    return new HubTokenizer(definition, settings);
  } catch (cause) {
    throw invalid(file, `tokenizer.json cannot be used: ${(cause as Error).message}`, cause);
  }
}

function specialId(
  hub: HubTokenizer,
  settings: JsonObject | undefined,
  config: JsonObject,
  role: string,
  vocabularySize: number,
): number | undefined {
  if (settings) {
    // Either the token or, in older files, an added token's description.
    const named = settings[`${role}_token`] as string | { content?: string } | null | undefined;
    const token = typeof named === 'object' ? named?.content : named;
    return typeof token === 'string' ? hub.token_to_id(token) : undefined;
  }
  // Models with several end tokens list them, the text's end first.
  const id: unknown = [config[`${role}_token_id`]].flat()[0];
  const known = Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabularySize;
  return known ? (id as number) : undefined;
}

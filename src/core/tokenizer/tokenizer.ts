import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import {
  isObject,
  type JsonFile,
  type JsonFileKind,
  type JsonObject,
  readBounded,
  readJsonObject,
} from '../checkpoint/json.ts';
import { type Folder, openFolder } from '../checkpoint/paths.ts';
import { type ChatTemplate, createChatTemplate } from './chat.ts';
import { isTimeout, withDeadline } from './deadline.ts';
import { createDecodeStream, type DecodeStream } from './decode-stream.ts';
import { buildPipeline } from './pipeline.ts';
import {
  explicitTemplate,
  idList,
  type Role,
  specialId,
  specialToken,
  type TokenizerSettings,
} from './special-tokens.ts';
import { checkVocabulary } from './vocabulary.ts';

export interface EncodeOptions {
  /** Adds what the tokenizer's template puts around a text, for example a beginning-of-text token. */
  readonly addSpecialTokens?: boolean;
}

export interface Tokenizer {
  /**
   * Token ids of a text; no special tokens are added unless asked for.
   * @throws KintsugiError TOKENIZER_INVALID, also when the file's patterns take too long on the text
   */
  encode(text: string, options?: EncodeOptions): number[];
  /** The text of ids, without special tokens and ids that have no token. */
  decode(ids: readonly number[]): string;
  /** Decodes ids as they come. */
  decodeStream(): DecodeStream;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  /** What the tokenizer itself puts in front of a text: nothing, or a beginning-of-text token. */
  readonly opening: readonly number[];
  /** Generation ends at these: the end of the text and, of chat models, of a turn. */
  readonly stopIds: readonly number[];
  /** Undefined for a model that was not taught to chat. */
  readonly chat: ChatTemplate | undefined;
  /** Largest id + 1. */
  readonly vocabularySize: number;
  /** SHA-256 (hex) of tokenizer.json. */
  readonly hash: string;
}

/** The largest in use (a vocabulary of 262,144) has 33 MB. */
const TOKENIZER_LIMIT = 2 ** 27;
const CONFIG_LIMIT = 2 ** 24;

/** Milliseconds that any text may take, characters that may take one more, and the vocabulary's share. */
const PATIENCE = 2000;
const SLOWEST = 10;
const BUILD_SIZE = SLOWEST * 60_000;

const NEXT =
  'Download tokenizer.json again, or save the tokenizer with transformers as a fast tokenizer.';

/**
 * The tokenizer of a model folder: tokenizer.json, and its special tokens and chat template from
 * tokenizer_config.json, generation_config.json, chat_template.jinja and config.json.
 * @throws KintsugiError TOKENIZER_INVALID
 */
export async function loadTokenizer(dir: string): Promise<Tokenizer> {
  const folder = await openFolder(dir).catch((cause) => {
    throw invalid(dir, `There is no model folder ${dir}`, cause);
  });
  const definition = await readJson(folder, 'tokenizer.json', TOKENIZER_LIMIT);
  if (!definition) throw invalid(dir, 'The model folder has no tokenizer.json');
  const files: TokenizerSettings = {
    settings: (await readJson(folder, 'tokenizer_config.json', CONFIG_LIMIT))?.value,
    config: (await readJson(folder, 'config.json', CONFIG_LIMIT))?.value ?? {},
    generation: (await readJson(folder, 'generation_config.json', CONFIG_LIMIT))?.value ?? {},
  };
  const file = join(folder.path, 'tokenizer.json');
  const vocabularySize = checkVocabulary(definition.value, (message, field) =>
    invalid(file, message, undefined, field),
  );
  const template = explicitTemplate(files.settings);
  const timed = timeKeeper(definition.value, file);
  const pipeline = build(
    template ? { ...definition.value, post_processor: template } : definition.value,
    file,
    timed,
  );
  const complete = (ids: readonly (number | undefined)[]): number[] => {
    // Undefined where the template or a text needs a token that the vocabulary lacks.
    if (ids.every((id) => Number.isInteger(id))) return ids as number[];
    throw invalid(file, 'The tokenizer has no token for a part of the text');
  };
  const decode = (ids: readonly number[]) => timed(ids.length, () => pipeline.decode(ids));
  const special = (role: Role) => specialId(files, role, pipeline.idOf, vocabularySize);
  const { before, after } = pipeline.around;
  const eosId = special('eos');
  const ends = [files.generation, files.config].flatMap((from) =>
    idList(from['eos_token_id'], vocabularySize),
  );
  return {
    encode(text, { addSpecialTokens = false } = {}) {
      const ids = timed(text.length, () => pipeline.encode(text));
      return complete(addSpecialTokens ? [...before, ...ids, ...after] : ids);
    },
    decode,
    decodeStream: () => createDecodeStream(decode),
    bosId: special('bos'),
    eosId,
    padId: special('pad'),
    opening: before.filter((id) => id !== undefined),
    stopIds: [...new Set(eosId === undefined ? ends : [eosId, ...ends])],
    chat: await chatTemplate(folder, files.settings),
    vocabularySize,
    hash: createHash('sha256').update(definition.bytes).digest('hex'),
  };
}

function invalid(file: string, message: string, cause?: unknown, field?: string): KintsugiError {
  const context = { file, next: NEXT, cause, ...(field === undefined ? {} : { field }) };
  return new KintsugiError('TOKENIZER_INVALID', message, context);
}

/** The real path of a file of the folder, or undefined when there is none. */
async function findFile(folder: Folder, name: string): Promise<string | undefined> {
  const file = join(folder.path, name);
  let path: string | undefined;
  try {
    path = await folder.inside(name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(file, `${name} cannot be read`, cause);
  }
  if (path === undefined) throw invalid(file, `${name} leads out of the model folder`);
  return path;
}

async function readJson(
  folder: Folder,
  name: string,
  limit: number,
): Promise<JsonFile | undefined> {
  const path = await findFile(folder, name);
  return path === undefined ? undefined : readJsonObject(path, kindOf(limit));
}

const kindOf = (limit: number): JsonFileKind => ({ code: 'TOKENIZER_INVALID', limit, next: NEXT });

type TimeKeeper = <T>(size: number, work: () => T) => T;

/** Runs work on a text or on ids; where the file brings patterns of its own, against the clock. */
function timeKeeper(definition: JsonObject, file: string): TimeKeeper {
  const { normalizer, pre_tokenizer, decoder } = definition;
  const risky = JSON.stringify([normalizer, pre_tokenizer, decoder]).includes('"Regex"');
  if (!risky) return (_, work) => work();
  return (size, work) => {
    try {
      return withDeadline(PATIENCE + Math.ceil(size / SLOWEST), work);
    } catch (cause) {
      if (!isTimeout(cause)) throw cause;
      throw invalid(file, 'The patterns of tokenizer.json take too long', cause, 'pre_tokenizer');
    }
  };
}

function build(definition: JsonObject, file: string, timed: TimeKeeper) {
  try {
    return timed(BUILD_SIZE, () => buildPipeline(definition));
  } catch (cause) {
    if (cause instanceof KintsugiError) throw cause;
    throw invalid(file, `tokenizer.json cannot be used: ${(cause as Error).message}`, cause);
  }
}

/** chat_template.jinja or, in older folders, a field of tokenizer_config.json. */
async function chatTemplate(
  folder: Folder,
  settings: JsonObject | undefined,
): Promise<ChatTemplate | undefined> {
  const path = await findFile(folder, 'chat_template.jinja');
  const source =
    path === undefined
      ? templateField(settings)
      : new TextDecoder().decode(await readBounded(path, kindOf(CONFIG_LIMIT)));
  if (source === undefined) return undefined;
  const roles: readonly Role[] = ['bos', 'eos', 'pad', 'unk'];
  const tokens = roles.flatMap((role) => {
    const token = specialToken(settings, role);
    return token === undefined ? [] : [[`${role}_token`, token] as const];
  });
  const file = path ?? join(folder.path, 'tokenizer_config.json');
  return createChatTemplate(source, Object.fromEntries(tokens), file);
}

/** One template, or several with names, of which "default" is for chats. */
function templateField(settings: JsonObject | undefined): string | undefined {
  const field = settings?.['chat_template'];
  const named: unknown = Array.isArray(field)
    ? field.find((entry) => isObject(entry) && entry['name'] === 'default')?.template
    : field;
  return typeof named === 'string' ? named : undefined;
}

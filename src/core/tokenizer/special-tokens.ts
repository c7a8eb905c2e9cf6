import { isObject, type JsonObject } from '../checkpoint/json.ts';

/** What the files beside tokenizer.json say about tokens with a role. */
export interface TokenizerSettings {
  /** tokenizer_config.json, where there is one. */
  readonly settings: JsonObject | undefined;
  /** config.json; empty without one. */
  readonly config: JsonObject;
  /** generation_config.json; empty without one. */
  readonly generation: JsonObject;
}

export type Role = 'bos' | 'eos' | 'pad' | 'unk';

/** The text of the token with a role: given as itself or, in older files, as an added token. */
export function specialToken(settings: JsonObject | undefined, role: Role): string | undefined {
  const named = settings?.[`${role}_token`];
  const token = isObject(named) ? named['content'] : named;
  return typeof token === 'string' ? token : undefined;
}

/** Its id by tokenizer_config.json or, where there is no such file, by config.json. */
export function specialId(
  { settings, config }: TokenizerSettings,
  role: Role,
  idOf: (token: string) => number | undefined,
  vocabularySize: number,
): number | undefined {
  if (settings) {
    const token = specialToken(settings, role);
    return token === undefined ? undefined : idOf(token);
  }
  // Models with several end tokens list them, the text's end first.
  return idList(config[`${role}_token_id`], vocabularySize)[0];
}

/** Ids of one field that is an id or a list of ids; what is none, or past the vocabulary, is left out. */
export function idList(field: unknown, vocabularySize: number): number[] {
  const known = (id: unknown): id is number =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabularySize;
  return [field].flat().filter(known);
}

/**
 * The template that `add_bos_token` and `add_eos_token` ask for, instead of that of tokenizer.json
 * (transformers, TokenizersBackend.update_post_processor); undefined where neither is given.
 */
export function explicitTemplate(settings: JsonObject | undefined): JsonObject | undefined {
  if (!settings || !('add_bos_token' in settings || 'add_eos_token' in settings)) return undefined;
  const token = (role: 'bos' | 'eos') => {
    const text = settings[`add_${role}_token`] === true ? specialToken(settings, role) : undefined;
    return text === undefined ? [] : [{ SpecialToken: { id: text, type_id: 0 } }];
  };
  const single = [...token('bos'), { Sequence: { id: 'A', type_id: 0 } }, ...token('eos')];
  return { type: 'TemplateProcessing', single, pair: [], special_tokens: {} };
}

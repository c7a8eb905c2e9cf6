import { isObject, type JsonObject, quote } from '../checkpoint/json.ts';

/** Ids index arrays: one huge id would make a small file fill the memory. */
const ID_LIMIT = 2 ** 24;

/** Some files, gpt2's among them, leave the type out. */
const MODELS: readonly unknown[] = ['BPE', 'Unigram', 'WordLevel', 'WordPiece', undefined];

type Fault = (message: string, field: string) => Error;

/**
 * Checks the ids of a parsed tokenizer.json, whose vocabulary is an object (BPE, WordPiece) or a
 * list (Unigram); returns the largest id + 1. @throws what `fault` makes
 */
export function checkVocabulary(definition: JsonObject, fault: Fault): number {
  const { model, added_tokens: added = [] } = definition;
  if (!isObject(model)) throw fault('tokenizer.json has no model', 'model');
  if (!MODELS.includes(model['type'])) throw fault('The model type is unknown', 'model.type');
  if (!Array.isArray(added)) throw fault('added_tokens is not a list', 'added_tokens');
  const { vocab } = model;
  if (!isObject(vocab) && !Array.isArray(vocab))
    throw fault('tokenizer.json has no vocabulary', 'model.vocab');
  const ids = isObject(vocab) ? Object.entries(vocab) : vocab.map((_, id) => ['', id] as const);
  let size = 0;
  const check = (token: string, id: unknown, field: string) => {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= ID_LIMIT)
      throw fault(`The id of token ${quote(token)} is not from 0 to ${ID_LIMIT - 1}`, field);
    size = Math.max(size, (id as number) + 1);
  };
  for (const [token, id] of ids) check(token, id, 'model.vocab');
  for (const token of added) {
    if (!isObject(token) || typeof token['content'] !== 'string' || token['content'] === '')
      throw fault('An added token has no content', 'added_tokens');
    check(token['content'], token['id'], 'added_tokens');
  }
  if (size === 0) throw fault('The vocabulary is empty', 'model.vocab');
  return size;
}

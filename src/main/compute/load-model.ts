import { join } from 'node:path';
import { type OpenedModel, openModel } from '../../core/compress/open.ts';
import { loadTokenizer, type Tokenizer } from '../../core/tokenizer/tokenizer.ts';
import { KintsugiError } from '../../shared/errors.ts';

/** A model folder ready to run. */
export interface LoadedModel extends OpenedModel {
  readonly tokenizer: Tokenizer;
}

/** @throws KintsugiError as openModel and loadTokenizer do */
export async function loadModel(dir: string): Promise<LoadedModel> {
  const opened = await openModel(dir);
  const tokenizer = await loadTokenizer(dir);
  const { vocabularySize } = opened.model.config;
  if (tokenizer.vocabularySize > vocabularySize) {
    throw new KintsugiError(
      'TOKENIZER_INVALID',
      `The tokenizer has ${tokenizer.vocabularySize} tokens, the model ${vocabularySize}.`,
      { next: "Use the model's own tokenizer.json.", file: join(dir, 'tokenizer.json') },
    );
  }
  return { ...opened, tokenizer };
}

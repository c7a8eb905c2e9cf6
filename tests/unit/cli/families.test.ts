import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallRecipe } from '../../support/small-model.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { FIXTURES } from '../models/families.ts';
import { kintsugi } from './command-line.ts';

/** One token per character of ASCII, as many as the fixtures have; the last stands for all others. */
function characterTokenizer() {
  const characters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
  const vocab = Object.fromEntries(['<end>', 'Ġ', ...characters].map((token, id) => [token, id]));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: 0, content: '<end>', special: true }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab, merges: [], unk_token: '~', fuse_unk: false },
  };
}

test.each(['opt', 'qwen3'])(
  '%s as transformers wrote it is compressed, tuned and compared',
  async (name) => {
    const home = temporaryFolder();
    const model = join(home, name);
    cpSync(join(FIXTURES, name), model, { recursive: true });
    writeFileSync(join(model, 'tokenizer.json'), JSON.stringify(characterTokenizer()));
    const recipe = join(home, 'recipe.json');
    writeFileSync(recipe, JSON.stringify(smallRecipe(model)));
    const { code, stdout, stderr } = await kintsugi(home, ['repair', '--recipe', recipe, '--json']);
    expect(stderr).not.toContain('next:');
    expect(code).toBe(0);
    const { status, results } = JSON.parse(stdout);
    expect(status).toBe('done');
    const { arms } = results as {
      arms: readonly { readonly arm: { readonly id: string }; readonly extraParameters: number }[];
    };
    expect(arms.map(({ arm }) => arm.id)).toEqual([
      'original',
      'compressed',
      'prompt',
      'idp',
      'lora',
    ]);
  },
  120_000,
);

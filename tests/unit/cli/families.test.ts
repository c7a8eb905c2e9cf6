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

const FAMILIES = ['opt', 'qwen3'];
/** Few letters in one order: a prompt learns that much even of a model that knows nothing. */
const line = (name: string) => `ab ab ${name} ab ab ab`;
const lines = (from: number) =>
  Array.from({ length: 24 }, (_, i) => line(String.fromCharCode(99 + ((from + i) % 20))));

/** A checkpoint of transformers, with a tokenizer and texts to calibrate, tune and measure on. */
function writeModel(home: string, name: string): string {
  const model = join(home, name);
  cpSync(join(FIXTURES, name), model, { recursive: true });
  writeFileSync(join(model, 'tokenizer.json'), JSON.stringify(characterTokenizer()));
  const rows = lines(0).map((text) => JSON.stringify({ text }));
  writeFileSync(join(home, 'seen.jsonl'), rows.join('\n'));
  writeFileSync(join(home, 'held-out.txt'), lines(7).toReversed().join('\n'));
  return model;
}

test.each(FAMILIES)(
  '%s as transformers wrote it: compress, tune and evaluate, each by its own command',
  async (name) => {
    const home = temporaryFolder();
    const model = writeModel(home, name);
    const at = (file: string) => join(home, file);
    const document = async (...args: string[]) => {
      const run = await kintsugi(home, [...args, '--json', '--threads', '1']);
      expect(run.stderr).not.toContain('next:');
      expect(run.code).toBe(0);
      return JSON.parse(run.stdout);
    };
    const compressing = ['compress', '--model', model, '--bits', '2', '--group-size', '16'];
    const calibrating = ['--calibration', at('seen.jsonl'), '--samples', '4', '--length', '32'];
    const { disk } = await document(...compressing, ...calibrating, '--out', at('small'));
    expect(disk.compressed).toBeGreaterThan(0);
    const tuning = ['tune', '--model', at('small'), '--data', at('seen.jsonl')];
    const steps = ['--tokens', '4', '--steps', '40', '--batch', '4', '--learning-rate', '0.1'];
    await document(...tuning, ...steps, '--out', at('prompt'));
    const perplexity = async (...arm: string[]): Promise<number> => {
      const measured = await document('evaluate', ...arm, '--text', at('held-out.txt'));
      return measured.perplexity;
    };
    const original = await perplexity('--model', model);
    const compressed = await perplexity('--model', at('small'));
    const repaired = await perplexity('--model', at('small'), '--bank', at('prompt'));
    expect(original).toBeGreaterThan(1);
    expect(Math.abs(compressed - original) / original).toBeGreaterThan(0.01);
    expect(repaired).toBeLessThan(0.8 * compressed);
  },
  120_000,
);

interface ArmSizes {
  readonly arm: { readonly id: string };
  readonly extraParameters: number;
  readonly bytesOnDisk: number;
  readonly bytesInMemory: number;
}

// The commands have shown each family; a recipe puts the same steps together for any of them.
test('OPT as transformers wrote it: a whole recipe, which prunes and claims no smaller model', async () => {
  const home = temporaryFolder();
  const quantised = smallRecipe(writeModel(home, 'opt'));
  const { calibration } = quantised.compression;
  const pruning = { method: 'sparsegpt', sparsity: '2:4', quantization: null, damping: 0.01 };
  const file = join(home, 'recipe.json');
  writeFileSync(file, JSON.stringify({ ...quantised, compression: { ...pruning, calibration } }));
  const { code, stdout, stderr } = await kintsugi(home, ['repair', '--recipe', file, '--json']);
  expect(stderr).not.toContain('next:');
  expect(code).toBe(0);
  const { status, results } = JSON.parse(stdout);
  expect(status).toBe('done');
  const arms: readonly ArmSizes[] = results.arms;
  const ids = ['original', 'compressed', 'prompt', 'idp', 'lora'];
  expect(arms.map(({ arm }) => arm.id)).toEqual(ids);
  // Prompts of 4 tokens and the embeddings' 32 numbers, and a bank of two.
  expect(arms.slice(0, 4).map((arm) => arm.extraParameters)).toEqual([0, 0, 128, 256]);
  const [original, pruned, ...repaired] = arms;
  expect(pruned!.bytesInMemory).toBe(original!.bytesInMemory);
  expect(Math.abs(pruned!.bytesOnDisk / original!.bytesOnDisk - 1)).toBeLessThan(0.1);
  for (const { bytesInMemory, bytesOnDisk, extraParameters } of repaired) {
    expect(bytesInMemory - pruned!.bytesInMemory).toBe(4 * extraParameters);
    expect(bytesOnDisk - pruned!.bytesOnDisk).toBe(4 * extraParameters);
  }
}, 120_000);

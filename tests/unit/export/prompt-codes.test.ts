import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBank, writeBank } from '../../../src/core/export/bank.ts';
import { packedBytes, unpackBankFile, writeBankFile } from '../../../src/core/export/bank-file.ts';
import {
  PROMPT_BITS,
  packPrompt,
  relativeError,
  roundPrompt,
} from '../../../src/core/export/prompt-codes.ts';
import { createRandom } from '../../../src/core/random.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { bank, prompt } from './samples.ts';

const rounded = (bits: 8 | 4) => {
  const made = bank();
  return { ...made, prompts: made.prompts.map((p) => ({ ...roundPrompt(p, bits), bits })) };
};

describe.each(PROMPT_BITS)('%i bits', (bits) => {
  test('every number is within half a step of what it was, and a whole number of steps', () => {
    const before = prompt('a', 5);
    const { scales } = packPrompt(before, bits);
    roundPrompt(before, bits).embeddings.forEach((value, i) => {
      const scale = scales[Math.floor(i / before.width)]!;
      expect(Math.abs(value - before.embeddings[i]!)).toBeLessThanOrEqual(0.5001 * scale);
      expect(Number.isInteger(value / scale)).toBe(true);
    });
  });

  test('rounding twice is rounding once, bit for bit, whatever the size of the numbers', () => {
    const random = createRandom(bits, 'sizes');
    for (let i = 0; i < 300; i++) {
      const size = 2 ** (random.normal() * 30);
      const embeddings = Float32Array.from({ length: 14 }, () => size * random.normal());
      const once = roundPrompt({ name: 'p', tokens: 2, width: 7, embeddings }, bits);
      expect(roundPrompt(once, bits).embeddings).toEqual(once.embeddings);
    }
  });

  test('each token has a scale of its own: a small one loses no more than a large one', () => {
    const large = prompt('large', 1);
    const embeddings = Float32Array.from([
      ...large.embeddings,
      ...large.embeddings.map((x) => x / 1024),
    ]);
    const both = { ...large, tokens: 2, embeddings };
    const { embeddings: after } = roundPrompt(both, bits);
    expect(after.slice(large.width)).toEqual(after.slice(0, large.width).map((x) => x / 1024));
  });

  test('a token of zeros stays zeros', () => {
    const zeros = { name: 'z', tokens: 1, width: 3, embeddings: new Float32Array(3) };
    expect([...roundPrompt(zeros, bits).embeddings]).toEqual([0, 0, 0]);
  });

  test('one file holds codes, and gives the very folder back', async () => {
    const dir = temporaryFolder();
    await writeBank(join(dir, 'bank'), rounded(bits));
    const stored = await readBank(join(dir, 'bank'));
    await writeBankFile(join(dir, 'one.bank.safetensors'), stored);
    const back = await unpackBankFile(join(dir, 'one.bank.safetensors'), join(dir, 'back'));
    expect(back).toEqual(stored);
    expect(back.prompts.every((p) => p.bits === bits)).toBe(true);
    const floats = bank().prompts;
    const perToken = Math.ceil((floats[0]!.width * bits) / 8) + 4;
    const tokens = floats.reduce((sum, p) => sum + p.tokens, 0);
    expect(packedBytes(stored.prompts)).toBe(tokens * perToken);
  });
});

test('fewer bits move the numbers further', () => {
  const { prompts } = bank();
  const error = (bits: 8 | 4) => relativeError(prompts, rounded(bits).prompts);
  expect(error(8)).toBeGreaterThan(0);
  expect(error(8)).toBeLessThan(0.01);
  expect(error(4)).toBeGreaterThan(4 * error(8));
  expect(error(4)).toBeLessThan(0.15);
});

test('a bank that only calls itself quantised is refused', async () => {
  const dir = join(temporaryFolder(), 'bank');
  const made = bank();
  await writeBank(dir, { ...made, prompts: made.prompts.map((p) => ({ ...p, bits: 4 as const })) });
  await expect(readBank(dir)).rejects.toMatchObject({
    code: 'BANK_INVALID',
    message: expect.stringContaining('4-bit'),
    field: made.prompts[0]!.name,
  });
});

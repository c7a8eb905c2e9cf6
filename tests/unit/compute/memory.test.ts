import { expect, test } from 'vitest';
import { llama } from '../../../src/core/models/llama/index.ts';
import type { Model } from '../../../src/core/models/model.ts';
import { tensorWeights } from '../../../src/core/models/weights.ts';
import { estimateMemory, requireMemory } from '../../../src/main/compute/memory.ts';
import { PRESETS } from '../../../src/shared/presets.ts';

const config = llama.parseConfig(
  {
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 11_008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
  },
  'config.json',
);
const model = { family: llama, config, weights: tensorWeights({}) } as unknown as Model;
const items = estimateMemory(model, PRESETS.quick);
const total = items.reduce((sum, { bytes }) => sum + bytes, 0);

test('the estimate is itemised, finite, and counts the weights', () => {
  expect(items.every(({ bytes }) => Number.isFinite(bytes) && bytes > 0)).toBe(true);
  const weights = items.find(({ what }) => what === 'weights')!.bytes;
  // 6.7 billion parameters of four bytes, at least.
  expect(weights).toBeGreaterThan(6.7e9 * 4);
});

test('too little memory is refused with the items, enough is not', () => {
  expect(() => requireMemory(items, total)).not.toThrow();
  expect(() => requireMemory(items, total - 1)).toThrow(
    expect.objectContaining({
      code: 'MEMORY_INSUFFICIENT',
      message: expect.stringMatching(/weights \d+\.\d GB, activations/),
      next: expect.stringContaining('--force'),
    }),
  );
});

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

const weightsOf = (shape: object) => {
  const small = { family: llama, config: { ...config, ...shape } } as unknown as Model;
  return estimateMemory(small, PRESETS.quick).find(({ what }) => what === 'weights')!.bytes;
};

test('the estimate is itemised, finite, and counts the weights that are not mapped', () => {
  expect(items.every(({ bytes }) => Number.isFinite(bytes) && bytes > 0)).toBe(true);
  // More blocks are mapped, and not held.
  expect(weightsOf({ layers: 64 })).toBe(weightsOf({ layers: 32 }));
  // Less than can be mapped is held: 512 × 512 of four linears and 512 × 2048 of three, by block.
  const tiny = { vocabularySize: 64, hiddenSize: 512, intermediateSize: 2048, headDim: 16 };
  const more = weightsOf({ ...tiny, layers: 3 }) - weightsOf({ ...tiny, layers: 2 });
  expect(more).toBeGreaterThanOrEqual(3 * 4 * (4 * 512 ** 2 + 3 * 512 * 2048));
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

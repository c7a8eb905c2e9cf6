import { describe, expect, it } from 'vitest';
import { layerSimilarity } from '../../../src/core/analyse/similarity.ts';
import { openDevice } from '../../../src/core/engine/devices.ts';
import type { Arm } from '../../../src/core/evaluate/arm.ts';
import { createRandom } from '../../../src/core/random.ts';
import { stackBank } from '../../../src/core/select/bank.ts';
import { tinyConfig } from '../../support/tiny-llama.ts';
import { plainModel as model } from '../engine/programs.ts';

const random = createRandom(4, 'similarity');
const sequences = Array.from({ length: 10 }, (_, i) =>
  Array.from({ length: 3 + (i % 4) }, () => random.integer(tinyConfig.vocabularySize)),
);
const engine = await openDevice('cpu', { threads: 1 });
const width = tinyConfig.hiddenSize;

function prompted(scale: number): Arm {
  const embeddings = Float32Array.from({ length: 2 * width }, () => scale * random.normal());
  const bank = stackBank([{ name: 'p', tokens: 2, width, embeddings }]);
  return { model, bank, selector: { kind: 'fixed', prompt: 0 } };
}

describe('layer similarity', () => {
  it('is 1 between an arm and itself, in every layer', async () => {
    const layers = await layerSimilarity(engine, { model }, { model }, sequences);
    expect(layers.map(({ layer }) => layer)).toEqual([0, 1]);
    for (const { attention, activation } of layers) {
      expect(attention).toBeCloseTo(1, 5);
      expect(activation).toBeCloseTo(1, 5);
    }
  });

  it('falls with a prompt in what the prompt changes', async () => {
    const [first, last] = await layerSimilarity(engine, { model }, prompted(1), sequences);
    // A prompt only takes attention away in the first layer; among the input the shares stay.
    expect(first!.attention).toBeCloseTo(1, 5);
    expect(last!.attention).toBeLessThan(0.9999);
    expect(last!.attention).toBeGreaterThan(0);
    expect(first!.activation).toBeLessThan(0.9999);
    expect(last!.activation).toBeLessThan(first!.activation);
  });

  it('does not count what padding the batch adds', async () => {
    const alone = await layerSimilarity(engine, { model }, prompted(0), sequences.slice(0, 1));
    const filled = await layerSimilarity(engine, { model }, prompted(0), [
      sequences[0]!,
      sequences[0]!,
      sequences[0]!,
    ]);
    alone.forEach(({ attention, activation }, i) => {
      expect(filled[i]!.attention).toBeCloseTo(attention, 6);
      expect(filled[i]!.activation).toBeCloseTo(activation, 6);
    });
  });
});

import { describe, expect, it } from 'vitest';
import { openDevice } from '../../../src/core/engine/devices.ts';
import type { Arm } from '../../../src/core/evaluate/arm.ts';
import { createScorer } from '../../../src/core/evaluate/score.ts';
import { createGenerator, type GenerateOptions } from '../../../src/core/generate/generate.ts';
import { sample } from '../../../src/core/generate/sampling.ts';
import { createRandom } from '../../../src/core/random.ts';
import { idpArm, plainModel } from '../engine/programs.ts';

const engine = await openDevice('cpu', { threads: 1 });
const start = [5, 9, 33, 2];

async function generate(arm: Arm, options: GenerateOptions): Promise<number[]> {
  const generator = createGenerator(engine, arm);
  const ids: number[] = [];
  for await (const id of generator.generate(start, options)) ids.push(id);
  await generator.release();
  return ids;
}

describe('cached generation', () => {
  // 70 tokens pass the first cache's end, so that growing it is covered.
  const atOnce: Arm = { ...idpArm, selector: { kind: 'idp', layer: 0 } };
  const arms = { 'without a bank': { model: plainModel }, 'with an IDP bank': atOnce };
  it.each(Object.entries(arms))('equals greedy decoding without a cache, %s', async (_, arm) => {
    const ids = await generate(arm, { maxTokens: 70 });
    expect(ids).toHaveLength(70);
    const scorer = createScorer(engine, arm);
    const [whole] = await scorer.score([{ ids: [...start, ...ids], scored: 70 }]);
    expect(whole!.greedy).toBe(true);
  });

  it('reads the input as scoring does where all prompts are seen first', async () => {
    const ids = await generate(idpArm, { maxTokens: 1 });
    const [first] = await createScorer(engine, idpArm).score([
      { ids: [...start, ...ids], scored: 1 },
    ]);
    expect(first!.greedy).toBe(true);
  });

  it('repeats itself with the same seed and differs with another', async () => {
    const options = { maxTokens: 24, temperature: 1.5, topK: 40, topP: 0.95 };
    const first = await generate(idpArm, { ...options, seed: 1 });
    expect(await generate(idpArm, { ...options, seed: 1 })).toEqual(first);
    expect(await generate(idpArm, { ...options, seed: 2 })).not.toEqual(first);
  });

  it('ends before a stop token and at an abort', async () => {
    const all = await generate({ model: plainModel }, { maxTokens: 10 });
    const stop = all.findIndex((id, i) => i > 0 && !all.slice(0, i).includes(id));
    const ids = await generate({ model: plainModel }, { maxTokens: 10, stop: [all[stop]!] });
    expect(ids).toEqual(all.slice(0, stop));
    const signal = AbortSignal.abort();
    expect(await generate({ model: plainModel }, { maxTokens: 10, signal })).toEqual([]);
  });
});

describe('sampling', () => {
  const logits = Float32Array.of(0, 2, 1, 2);
  it('is greedy at temperature 0, ties to the lower id', () => {
    expect(sample(logits, {}, createRandom(1))).toBe(1);
  });

  it('draws from the kept tokens only, in proportion', () => {
    const random = createRandom(1);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[sample(logits, { temperature: 1, topK: 3 }, random)]!++;
    expect(counts[0]).toBe(0);
    expect(counts[1]! / counts[2]!).toBeCloseTo(Math.E, 0);
    const top = new Set(
      Array.from({ length: 200 }, () => sample(logits, { temperature: 1, topP: 0.5 }, random)),
    );
    expect([...top].sort()).toEqual([1, 3]);
  });
});

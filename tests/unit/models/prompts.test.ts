import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../../src/core/compress/open.ts';
import { openDevice } from '../../../src/core/engine/devices.ts';
import type { Engine } from '../../../src/core/engine/program.ts';
import type { Arm } from '../../../src/core/evaluate/arm.ts';
import { createScorer } from '../../../src/core/evaluate/score.ts';
import { createGenerator } from '../../../src/core/generate/generate.ts';
import { createRandom } from '../../../src/core/random.ts';
import { stackBank } from '../../../src/core/select/bank.ts';
import { makeBatch } from '../../../src/core/tune/batches.ts';
import { embedTokens } from '../../../src/core/tune/embeddings.ts';
import { adapterParameters, initialAdapter, loraAdaptation } from '../../../src/core/tune/lora.ts';
import { createObjective } from '../../../src/core/tune/objective.ts';
import { promptAdaptation } from '../../../src/core/tune/prompt.ts';
import { relativeError } from '../../support/compare.ts';
import { FIXTURES, families, furthest, readGolden } from './families.ts';

const random = createRandom(5, 'prompts');
const randomIds = (length: number) => Int32Array.from({ length }, () => random.integer(96));

let cpu: Engine;
beforeAll(async () => {
  cpu = await openDevice('cpu', { threads: 1 });
});

describe('prompts', () => {
  it.each(families)('%s: one made of token embeddings says what the tokens say', async (name) => {
    const { model } = await openModel(join(FIXTURES, name));
    const [golden] = await readGolden(name);
    const { ids, logits } = golden!;
    const tokens = 4;
    const width = model.config.embeddingSize;
    const embeddings = await embedTokens(cpu, model, ids.subarray(0, tokens));
    const bank = stackBank([{ name: 'p', tokens, width, embeddings }]);
    const generator = createGenerator(cpu, { model, bank, selector: { kind: 'fixed', prompt: 0 } });
    const started = await generator.start([...ids.subarray(tokens)]);
    await generator.release();
    const expected = logits.subarray(-model.config.vocabularySize);
    expect(furthest(started.logits, expected)).toBeLessThan(1e-4);
  });

  it.each(families)('%s: IDP chooses traced as eager', async (name) => {
    const { model } = await openModel(join(FIXTURES, name));
    const width = model.config.embeddingSize;
    const noise = (length: number) => Float32Array.from({ length }, () => random.normal());
    const prompts = [2, 3].map((tokens) => {
      return { name: String(tokens), tokens, width, embeddings: noise(tokens * width) };
    });
    const arm: Arm = { model, bank: stackBank(prompts), selector: { kind: 'idp', layer: 1 } };
    const sequences = [9, 6].map((length) => ({ ids: [...randomIds(length)], scored: 2 }));
    const [traced, eager] = await Promise.all(
      [cpu, await openDevice('eager')].map(async (engine) => {
        const scorer = createScorer(engine, arm);
        const scores = await scorer.score(sequences, { batch: 2 });
        await scorer.release();
        return scores;
      }),
    );
    eager!.forEach((score, i) => {
      expect(relativeError(traced![i]!.nll, score.nll)).toBeLessThan(1e-4);
      expect(furthest(traced![i]!.scores!, score.scores!)).toBeLessThan(1e-5);
      expect(score.scores!.every((share) => share > 0 && share < 1)).toBe(true);
    });
  });
});

describe('gradients', () => {
  it.each(families)('%s: traced as eager, for a prompt and for LoRA', async (name) => {
    const eager = await openDevice('eager');
    const { model } = await openModel(join(FIXTURES, name));
    const sequences = [7, 5].map((length) => ({
      group: 'g',
      ids: randomIds(length),
      scoredFrom: 2,
    }));
    const noise = (length: number) => Float32Array.from({ length }, () => random.normal() / 3);
    const shape = { rank: 2, alpha: 4, dropout: 0, rankStabilized: false, targets: ['all-linear'] };
    const adapter = initialAdapter(model, shape, 1);
    const low = Object.entries(adapterParameters(adapter));
    const cases = [
      [promptAdaptation(model, 2), { prompt: noise(2 * model.config.embeddingSize) }],
      [
        loraAdaptation(model, adapter, 1),
        Object.fromEntries(low.map(([key, { length }]) => [key, noise(length)])),
      ],
    ] as const;
    for (const [adaptation, parameters] of cases) {
      const batch = makeBatch(sequences, { size: 2, prefix: adaptation.prefix });
      const [traced, oracle] = await Promise.all(
        [cpu, eager].map(async (engine) => {
          const objective = createObjective(engine, adaptation);
          const step = await objective.step(parameters, batch);
          await objective.release();
          return step;
        }),
      );
      expect(traced!.loss).toBeCloseTo(oracle!.loss, 4);
      for (const [key, gradient] of Object.entries(oracle!.gradients))
        expect(relativeError(traced!.gradients[key]!, gradient), key).toBeLessThan(1e-3);
    }
  });
});

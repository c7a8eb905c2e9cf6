import { expect, test } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { fixedBatches } from '../../../src/core/tune/batches.ts';
import { keepTokens, tokenImportance } from '../../../src/core/tune/importance.ts';
import { createObjective } from '../../../src/core/tune/objective.ts';
import { promptAdaptation } from '../../../src/core/tune/prompt.ts';
import { tokenise } from '../../../src/core/tune/tune.ts';
import { letterExamples, tinySubject } from './tiny.ts';

const subject = tinySubject();
const width = subject.model.config.embeddingSize;
const random = createRandom(7);
const embeddings = Float32Array.from({ length: 3 * width }, () => random.normal());
embeddings.fill(0, width, 2 * width);
const prompt = { name: 'p', tokens: 3, width, embeddings };
const examples = letterExamples('a', 'bcde', 'x');

test('importance is the slope of the loss along a token, as differences measure it', async () => {
  const found = await tokenImportance(subject, prompt, examples);
  const batches = fixedBatches(tokenise(subject, examples, {}, 3), { size: 4, prefix: 3 });
  const objective = createObjective(subject.engine, promptAdaptation(subject.model, 3));
  const lossAt = (token: number, scale: number) => {
    const scaled = embeddings.map((value, i) =>
      Math.floor(i / width) === token ? value * scale : value,
    );
    return objective.loss({ prompt: scaled }, batches);
  };
  const step = 0.02;
  for (let token = 0; token < 3; token++) {
    const slope = ((await lossAt(token, 1 + step)) - (await lossAt(token, 1 - step))) / (2 * step);
    expect(found[token]).toBeCloseTo(Math.abs(slope), 2);
  }
  await objective.release();
  expect(found[1]).toBe(0);
  expect(Math.min(found[0]!, found[2]!)).toBeGreaterThan(0.01);
});

test('the most important tokens stay, in their order', () => {
  const kept = keepTokens(prompt, Float32Array.of(1, 0, 2), 2);
  expect(kept).toMatchObject({ name: 'p', tokens: 2, width });
  expect(kept.embeddings.subarray(0, width)).toEqual(embeddings.subarray(0, width));
  expect(kept.embeddings.subarray(width)).toEqual(embeddings.subarray(2 * width));
  expect(keepTokens(prompt, Float32Array.of(1, 0, 2), 9)).toEqual(prompt);
});

import { expect, test } from 'vitest';
import { bankArm } from '../../../src/main/compute/arms.ts';
import type { LoadedModel } from '../../../src/main/compute/load-model.ts';
import { type BankAnswer, compareSelectors } from '../../../src/main/compute/selectors.ts';

/** Two prompts, each right on its own half. */
const answers = Array.from({ length: 80 }, (_, i): BankAnswer => {
  const first = i < 40;
  return {
    task: i % 2 === 0 ? 'a' : 'b',
    byPrompt: [
      { correct: first, logLikelihood: first ? -1 : -3 },
      { correct: !first || i < 10, logLikelihood: first ? -2 : -1.5 },
    ],
  };
});
const bootstrap = { resamples: 500, seed: 1 };
/** Right on three quarters. */
const idp = {
  kind: 'idp',
  name: 'IDP, block 0',
  parameters: 0,
  correct: [answers.map((_, i) => (i % 4 === 0 ? 0 : 1))],
} as const;

test('a selector stands between its bounds, each against what a random prompt would give', () => {
  const results = compareSelectors([answers], [idp], bootstrap);
  expect(results.map(({ kind, mean }) => [kind, mean.mean])).toEqual([
    ['random', 45 / 80],
    ['hindsight', 50 / 80],
    ['oracle', 1],
    ['idp', 0.75],
  ]);
  expect(results[0]!.overRandom).toBeNull();
  const { value, interval } = results[3]!.overRandom!;
  expect(value).toBeCloseTo(0.75 - 45 / 80, 12);
  expect(interval.low).toBeLessThan(value);
  expect(interval.high).toBeGreaterThan(value);
});

test('an arm adds its prompts and whatever its selector has learned', () => {
  const loaded = { model: { config: { layers: 2 } } } as unknown as LoadedModel;
  const prompt = (name: string, tokens: number) => {
    return { name, tokens, width: 4, embeddings: new Float32Array(4 * tokens) };
  };
  const prompts = [prompt('a', 3), prompt('b', 2)];
  const added = (selector: Parameters<typeof bankArm>[1]['selector']) =>
    bankArm(loaded, { prompts, selector }).extraParameters;
  expect(added({ kind: 'idp', layer: -1 })).toBe(4 * 5);
  expect(added({ kind: 'fixed', prompt: 1 })).toBe(4 * 2);
  const classifier = { weights: new Float32Array(8), bias: new Float32Array(2) };
  expect(added({ kind: 'classifier', ...classifier })).toBe(4 * 5 + 10);
});

test('results repeat', () => {
  const once = compareSelectors([answers], [idp], bootstrap);
  expect(compareSelectors([answers], [idp], bootstrap)).toEqual(once);
});

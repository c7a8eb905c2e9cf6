import { expect, test } from 'vitest';
import { type BankAnswer, compareSelectors } from '../../../src/main/compute/selectors.ts';

/** Two prompts, each right on its own half; IDP right on three quarters. */
const answers = Array.from({ length: 80 }, (_, i): BankAnswer => {
  const first = i < 40;
  return {
    task: i % 2 === 0 ? 'a' : 'b',
    byPrompt: [
      { correct: first, logLikelihood: first ? -1 : -3 },
      { correct: !first || i < 10, logLikelihood: first ? -2 : -1.5 },
    ],
    idp: i % 4 !== 0,
  };
});

test('IDP stands between its controls', () => {
  const [random, fixed, idp, oracle] = compareSelectors([answers], [3]).map(
    ({ mean }) => mean.mean,
  );
  expect(oracle).toBe(1);
  expect(fixed).toBe(50 / 80);
  expect(idp).toBe(0.75);
  expect(random).toBeGreaterThan(0.35);
  expect(random).toBeLessThan(0.75);
});

test('the random control repeats with its seed', () => {
  expect(compareSelectors([answers], [3])).toEqual(compareSelectors([answers], [3]));
  expect(compareSelectors([answers], [4])[0]).not.toEqual(compareSelectors([answers], [3])[0]);
});

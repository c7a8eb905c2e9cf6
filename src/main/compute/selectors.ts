import { createRandom } from '../../core/random.ts';
import type { SelectorResult } from '../../shared/results.ts';
import { accuracies } from './summarise.ts';

/** One input as every prompt of a bank answered it. */
export interface BankAnswer {
  readonly task: string;
  readonly byPrompt: readonly {
    readonly correct: boolean;
    /** log p of the right answer. */
    readonly logLikelihood: number;
  }[];
  /** What IDP chose and whether it was right. */
  readonly idp: boolean;
}

type Choose = (answers: readonly BankAnswer[], seed: number) => readonly boolean[];

const random: Choose = (answers, seed) => {
  const generator = createRandom(seed, 'random selector');
  return answers.map(({ byPrompt }) => generator.pick(byPrompt).correct);
};

/** The one prompt that turns out best on these very inputs. */
const bestFixed: Choose = (answers) => {
  const prompts = answers[0]!.byPrompt.map((_, prompt) =>
    answers.map(({ byPrompt }) => byPrompt[prompt]!.correct),
  );
  const rights = prompts.map((correct) => correct.filter(Boolean).length);
  return prompts[rights.indexOf(Math.max(...rights))]!;
};

/** Knows the right answer and takes the prompt that finds it likeliest. */
const oracle: Choose = (answers) =>
  answers.map(({ byPrompt }) => {
    const best = byPrompt.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
    return best.correct;
  });

const SELECTORS: readonly { readonly kind: SelectorResult['kind']; readonly choose: Choose }[] = [
  { kind: 'random', choose: random },
  { kind: 'best-fixed', choose: bestFixed },
  { kind: 'idp', choose: (answers) => answers.map(({ idp }) => idp) },
  { kind: 'oracle', choose: oracle },
];

/** Accuracy of the same banks under IDP and its controls; `bySeed` has the same inputs in one order. */
export function compareSelectors(
  bySeed: readonly (readonly BankAnswer[])[],
  seeds: readonly number[],
): SelectorResult[] {
  const tasks = bySeed[0]!.map(({ task }) => task);
  return SELECTORS.map(({ kind, choose }) => {
    const correct = bySeed.map((answers, i) =>
      choose(answers, seeds[i]!).map((right) => (right ? 1 : 0)),
    );
    return { kind, mean: accuracies({ tasks, correct }).mean };
  });
}

import { pairedDifference } from '../../core/evaluate/statistics-bootstrap.ts';
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
}

/** What a selector made of the same inputs. */
export interface SelectedAnswers {
  readonly kind: SelectorResult['kind'];
  readonly name: string;
  readonly parameters: number;
  /** 0 or 1 by seed, then by input. */
  readonly correct: readonly (readonly number[])[];
}

type Bound = (answers: readonly BankAnswer[]) => readonly number[];

const right = ({ correct }: { readonly correct: boolean }): number => (correct ? 1 : 0);

/** What a prompt drawn by lot is expected to give: no luck of one draw. */
const random: Bound = (answers) =>
  answers.map(
    ({ byPrompt }) => byPrompt.reduce((sum, each) => sum + right(each), 0) / byPrompt.length,
  );

/** The one prompt that turns out best on these very inputs. */
const hindsight: Bound = (answers) => {
  const prompts = answers[0]!.byPrompt.map((_, prompt) =>
    answers.map(({ byPrompt }) => right(byPrompt[prompt]!)),
  );
  const rights = prompts.map((correct) => correct.reduce((a, b) => a + b, 0));
  return prompts[rights.indexOf(Math.max(...rights))]!;
};

/** Knows the right answer and takes the prompt that finds it likeliest. */
const oracle: Bound = (answers) =>
  answers.map(({ byPrompt }) =>
    right(byPrompt.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a))),
  );

const BOUNDS: readonly { readonly kind: SelectorResult['kind']; name: string; bound: Bound }[] = [
  { kind: 'random', name: 'random prompt', bound: random },
  { kind: 'hindsight', name: 'best prompt in hindsight', bound: hindsight },
  { kind: 'oracle', name: 'oracle', bound: oracle },
];

/**
 * The same banks under every selector and between its bounds, each against a random prompt on the
 * same inputs. `bySeed` and the selectors' answers have the same inputs in one order.
 */
export function compareSelectors(
  bySeed: readonly (readonly BankAnswer[])[],
  selected: readonly SelectedAnswers[],
  bootstrap: { readonly resamples: number; readonly seed: number },
): SelectorResult[] {
  const tasks = bySeed[0]!.map(({ task }) => task);
  const baseline = bySeed.map(random);
  const bounds = BOUNDS.map(({ kind, name, bound }) => ({
    kind,
    name,
    parameters: null,
    correct: bySeed.map(bound),
  }));
  return [...bounds, ...selected].map(({ kind, name, parameters, correct }) => ({
    kind,
    name,
    parameters,
    mean: accuracies({ tasks, correct }).mean,
    overRandom:
      kind === 'random' && parameters === null
        ? null
        : pairedDifference(
            correct.map((scores, seed) => ({ tasks, pair: [baseline[seed]!, scores] })),
            bootstrap,
          ),
  }));
}

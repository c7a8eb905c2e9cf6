import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { encodePair } from '../tune/sequences.ts';
import type { ScoreOptions, Scorer, Sequence, SequenceScore } from './score.ts';
import type { ChoiceItem, ClozeItem, Task } from './tasks.ts';

/** One arm's answer to one item. */
export interface ItemAnswer {
  readonly task: string;
  readonly item: string;
  readonly correct: boolean;
  /** Choice tasks: the choice picked. Cloze tasks: whether greedy decoding gave an answer. */
  readonly picked: number;
  /** Σ log p of each choice, or of each accepted answer. */
  readonly logLikelihoods: readonly number[];
  readonly prompt?: number;
  readonly promptScores?: readonly number[];
}

/** Items of a task as sequences to score: one per choice or accepted answer, in order. */
interface Question {
  readonly task: string;
  readonly item: ChoiceItem | ClozeItem;
  readonly sequences: readonly Sequence[];
}

function questions(
  tokenizer: Tokenizer,
  task: Task,
  items: readonly (ChoiceItem | ClozeItem)[],
): Question[] {
  return items.map((item) => {
    const endings = 'choices' in item ? item.choices : item.answers;
    const sequences = endings.map((e) => encodePair(tokenizer, item.context, ` ${e}`));
    return { task: task.name, item, sequences };
  });
}

/** Accuracy follows lm-evaluation-harness: `acc` for choices, any answer fully greedy for cloze. */
function answer({ task, item }: Question, scores: readonly SequenceScore[]): ItemAnswer {
  const logLikelihoods = scores.map(({ nll }) => -nll.reduce((a, b) => a + b, 0));
  const best = logLikelihoods.indexOf(Math.max(...logLikelihoods));
  const greedy = scores.findIndex((score) => score.greedy);
  const picked = 'choices' in item ? best : greedy;
  const correct = 'choices' in item ? best === item.answer : greedy >= 0;
  const { choice, scores: promptScores } = scores[0]!;
  return {
    task,
    item: item.id,
    correct,
    picked,
    logLikelihoods,
    ...(choice === undefined ? {} : { prompt: choice }),
    ...(promptScores === undefined ? {} : { promptScores }),
  };
}

/**
 * One arm's answers to the held-out items of every task, `limit` items a task at most (the first
 * ones, so that every arm and seed sees the same inputs).
 */
export async function answerTasks(
  scorer: Scorer,
  tokenizer: Tokenizer,
  tasks: readonly Task[],
  limit: number,
  options: ScoreOptions = {},
): Promise<ItemAnswer[]> {
  const asked = tasks.flatMap((task) => questions(tokenizer, task, task.heldout.slice(0, limit)));
  const scores = await scorer.score(
    asked.flatMap((question) => question.sequences),
    options,
  );
  let at = 0;
  return asked.map((question) => {
    const from = at;
    at += question.sequences.length;
    return answer(question, scores.slice(from, at));
  });
}

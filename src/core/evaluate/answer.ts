import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { encodePair } from '../tune/sequences.ts';
import { matchesExactly } from './exact-match.ts';
import {
  refuseStopped,
  type ScoreOptions,
  type Scorer,
  type Sequence,
  type SequenceScore,
} from './score.ts';
import { endings, type GenerationItem, type Item, type Task } from './tasks.ts';

/** One arm's answer to one item. */
export interface ItemAnswer {
  readonly task: string;
  readonly item: string;
  readonly correct: boolean;
  /** Of choices: whether the likeliest per character is right (`acc_norm`). */
  readonly correctPerCharacter?: boolean;
  /** Choice tasks: the choice picked. Others: the answer that greedy decoding gave, or −1. */
  readonly picked: number;
  /** Σ log p of each choice, or of each accepted answer. */
  readonly logLikelihoods: readonly number[];
  /** Of generation tasks: what was generated up to the stop. */
  readonly text?: string;
  readonly prompt?: number;
  readonly promptScores?: readonly number[];
}

/** Greedy decoding under one arm. */
export interface Continuer {
  /** Token ids after `ids`, ending before any of `stop`. */
  continue(
    ids: readonly number[],
    options: { maxTokens: number; stop: readonly number[]; signal?: AbortSignal },
  ): AsyncIterable<number>;
  /** Positions of the model that are free for tokens. */
  readonly room: number;
}

/** Items of a task as sequences to score: one per choice or accepted answer, in order. */
interface Question {
  readonly task: string;
  readonly item: Item;
  readonly sequences: readonly Sequence[];
}

function questions(tokenizer: Tokenizer, task: Task, items: readonly Item[]): Question[] {
  return items.map((item) => {
    // What is generated decides; of the many ways to write the answer one tells how likely it was.
    const scored = task.kind === 'generation' ? endings(item).slice(0, 1) : endings(item);
    const sequences = scored.map(({ context, target }) => encodePair(tokenizer, context, target));
    return { task: task.name, item, sequences };
  });
}

/** Accuracy follows lm-evaluation-harness: `acc` for choices, any answer fully greedy for cloze. */
function answer({ task, item }: Question, scores: readonly SequenceScore[]): ItemAnswer {
  const logLikelihoods = scores.map(({ nll }) => -nll.reduce((a, b) => a + b, 0));
  const { choice, scores: promptScores } = scores[0]!;
  return {
    task,
    item: item.id,
    ...('choices' in item
      ? pick(item, logLikelihoods)
      : greedyAnswer(scores.findIndex((score) => score.greedy))),
    logLikelihoods,
    ...(choice === undefined ? {} : { prompt: choice }),
    ...(promptScores === undefined ? {} : { promptScores }),
  };
}

const greedyAnswer = (picked: number) => ({ correct: picked >= 0, picked });

function pick(
  { choices, answer: right }: { readonly choices: readonly string[]; readonly answer: number },
  logLikelihoods: readonly number[],
) {
  const picked = largest(logLikelihoods);
  const perCharacter = logLikelihoods.map((value, i) => value / Array.from(choices[i]!).length);
  const correctPerCharacter = largest(perCharacter) === right;
  return { correct: picked === right, correctPerCharacter, picked };
}

/** The first of the largest. */
const largest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/**
 * One arm's answers to the held-out items of every task, `limit` items a task at most (the first
 * ones, so that every arm and seed sees the same inputs).
 */
export async function answerTasks(
  scorer: Scorer & Continuer,
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
  const answers: ItemAnswer[] = [];
  for (const question of asked) {
    const from = at;
    at += question.sequences.length;
    const scored = answer(question, scores.slice(from, at));
    const { item } = question;
    answers.push(
      'stop' in item
        ? { ...scored, ...(await generated(scorer, tokenizer, item, options.signal)) }
        : scored,
    );
  }
  return answers;
}

/** The text up to the first stop, and whether it is one of the answers. */
async function generated(
  continuer: Continuer,
  tokenizer: Tokenizer,
  { context, answers, stop, maxTokens }: GenerationItem,
  signal: AbortSignal | undefined,
): Promise<Pick<ItemAnswer, 'correct' | 'picked' | 'text'>> {
  // Room for the answer is kept, unless the model has hardly any.
  const room = Math.max(continuer.room - maxTokens, continuer.room >> 1);
  const ids = [...tokenizer.opening, ...tokenizer.encode(context)].slice(-room);
  const stream = tokenizer.decodeStream();
  const end = (text: string) =>
    Math.min(...stop.map((one) => text.indexOf(one)).filter((index) => index >= 0));
  let text = '';
  const options = { maxTokens, stop: tokenizer.stopIds, ...(signal ? { signal } : {}) };
  for await (const id of continuer.continue(ids, options)) {
    text += stream.push(id);
    if (Number.isFinite(end(text))) break;
  }
  refuseStopped(signal);
  text += stream.end();
  const cut = Number.isFinite(end(text)) ? text.slice(0, end(text)) : text;
  const said = cut.trim();
  return { ...greedyAnswer(answers.findIndex((one) => matchesExactly(said, one))), text: said };
}

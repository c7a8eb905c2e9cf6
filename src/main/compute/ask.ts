import type { Engine } from '../../core/engine/program.ts';
import { answerTasks, type ItemAnswer } from '../../core/evaluate/answer.ts';
import type { ScoreOptions } from '../../core/evaluate/score.ts';
import type { Task } from '../../core/evaluate/tasks.ts';
import { scoreShares } from '../../core/select/selector.ts';
import type { Answer } from '../db/answers.ts';
import { createAnswerer } from './answerer.ts';
import type { PreparedArm } from './arms.ts';
import type { StageContext } from './stage.ts';

/** An arm's answers to the first held-out items of every task, as the store keeps them. */
export async function askTasks(
  engine: Engine,
  prepared: PreparedArm,
  tasks: readonly Task[],
  itemsPerTask: number,
  options: ScoreOptions,
): Promise<Answer[]> {
  const scorer = createAnswerer(engine, prepared.arm);
  try {
    const { tokenizer } = prepared.loaded;
    const answers = await answerTasks(scorer, tokenizer, tasks, itemsPerTask, options);
    return answers.map((answer) => toAnswer(prepared, answer));
  } finally {
    await scorer.release();
  }
}

export function toAnswer({ arm, promptNames }: PreparedArm, answer: ItemAnswer): Answer {
  const { task, item, correct, logLikelihoods, prompt, promptScores } = answer;
  return {
    task,
    itemId: item,
    correct,
    scores: logLikelihoods,
    prompt: prompt === undefined ? null : promptNames[prompt]!,
    attention: promptScores === undefined ? null : scoreShares(arm.selector!.kind, promptScores),
  };
}

/** Shares of several equal parts of a stage's work. */
export const partOf =
  ({ progress }: Pick<StageContext, 'progress'>, index: number, count: number) =>
  (done: number, total: number): void =>
    progress((index + done / total) / count);

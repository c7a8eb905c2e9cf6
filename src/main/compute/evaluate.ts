import { answerTasks } from '../../core/evaluate/answer.ts';
import { virtualTokens } from '../../core/evaluate/arm.ts';
import { createScorer, type ScoreOptions, type Scorer } from '../../core/evaluate/score.ts';
import { loadTasks } from '../../core/evaluate/tasks.ts';
import type { ArmResult } from '../../shared/results.ts';
import type { PreparedArm } from './arms.ts';
import type { EngineChoice } from './engine.ts';
import { type ArmFolders, withArm } from './open-arm.ts';
import { starter } from './starter.ts';
import { accuracies } from './summarise.ts';
import { textPerplexity } from './text.ts';

/** Accuracy on the held-out half of starter tasks, `limit` inputs per task at most. */
export function evaluateTasks(
  folders: ArmFolders,
  engine: EngineChoice,
  { names, limit }: { readonly names: readonly string[] | undefined; readonly limit: number },
  options: ScoreOptions,
): Promise<Pick<ArmResult, 'tasks' | 'mean'>> {
  return withScorer(folders, engine, async ({ loaded }, scorer) => {
    const tasks = await loadTasks(starter.tasks, names);
    const answers = await answerTasks(scorer, loaded.tokenizer, tasks, limit, options);
    return accuracies({
      tasks: answers.map(({ task }) => task),
      correct: [answers.map(({ correct }) => (correct ? 1 : 0))],
    });
  });
}

/** Perplexity per token on a text file. */
export function evaluateText(
  folders: ArmFolders,
  engine: EngineChoice,
  file: string,
  signal: AbortSignal,
): Promise<{ readonly perplexity: number }> {
  return withScorer(folders, engine, async ({ arm, loaded }, scorer) => {
    const room = arm.model.config.maxPositions - virtualTokens(arm);
    const text = { file, limit: Number.POSITIVE_INFINITY, room };
    return { perplexity: await textPerplexity(scorer, loaded.tokenizer, text, signal) };
  });
}

function withScorer<T>(
  folders: ArmFolders,
  engine: EngineChoice,
  use: (prepared: PreparedArm, scorer: Scorer) => Promise<T>,
): Promise<T> {
  return withArm(folders, engine, async (prepared, opened) => {
    const scorer = createScorer(opened, prepared.arm);
    try {
      return await use(prepared, scorer);
    } finally {
      await scorer.release();
    }
  });
}

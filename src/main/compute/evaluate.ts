import { answerTasks, type Continuer } from '../../core/evaluate/answer.ts';
import { findBenchmark } from '../../core/evaluate/benchmarks/index.ts';
import {
  loadWikitext,
  measureWikitext,
  WIKITEXT,
  type WikitextMetrics,
} from '../../core/evaluate/benchmarks/wikitext.ts';
import { taskMetrics } from '../../core/evaluate/metrics.ts';
import type { ScoreOptions, Scorer } from '../../core/evaluate/score.ts';
import type { Task, TaskMetric } from '../../core/evaluate/tasks.ts';
import type { ArmResult, Estimate } from '../../shared/results.ts';
import { createAnswerer } from './answerer.ts';
import type { PreparedArm } from './arms.ts';
import { hubCache, sourceFiles } from './data-source.ts';
import type { EngineChoice } from './engine.ts';
import { namedTasks } from './named-tasks.ts';
import { type ArmFolders, withArm } from './open-arm.ts';
import { accuracies, plainEstimate } from './summarise.ts';
import { textPerplexity } from './text.ts';

/** One task's metrics, and what they were measured with. */
export interface TaskEvaluation {
  readonly name: string;
  readonly kind: Task['kind'];
  /** Of lm-evaluation-harness's task, for benchmarks. */
  readonly version: number | null;
  readonly metrics: Readonly<Partial<Record<TaskMetric, Estimate>>>;
}

/** Accuracy by task as a run stores it, every metric, and wikitext where it was asked for. */
export interface Evaluation extends Pick<ArmResult, 'tasks'> {
  /** Null where only wikitext was measured. */
  readonly mean: ArmResult['mean'] | null;
  readonly evaluations: readonly TaskEvaluation[];
  readonly wikitext?: WikitextMetrics;
}

export interface EvaluationChoice {
  readonly names: 'all' | readonly string[];
  /** Inputs per task, at most. */
  readonly limit: number;
  readonly dataDir?: string | undefined;
}

/** Measures an arm on the held-out inputs of tasks by name. @throws as namedTasks */
export async function evaluateTasks(
  folders: ArmFolders,
  engine: EngineChoice,
  { names, limit, dataDir }: EvaluationChoice,
  options: ScoreOptions,
): Promise<Evaluation> {
  const wiki = names !== 'all' && names.includes(WIKITEXT);
  const others = names === 'all' ? names : names.filter((name) => name !== WIKITEXT);
  // Data that cannot be read is said before the model is opened.
  const pages = wiki ? await loadWikitext(dataDir ?? hubCache(), limit) : [];
  const tasks = await namedTasks(others, { dataDir, heldout: limit, train: 0 });
  return withAnswerer(folders, engine, async ({ loaded }, answerer) => {
    const { tokenizer } = loaded;
    const answers = await answerTasks(answerer, tokenizer, tasks, limit, options);
    const byTask = Map.groupBy(answers, ({ task }) => task);
    const evaluations = tasks.map((task) => ({
      name: task.name,
      kind: task.kind,
      version: findBenchmark(task.name)?.version ?? null,
      metrics: mapValues(taskMetrics(task, byTask.get(task.name)!), plainEstimate),
    }));
    const scored = {
      tasks: answers.map(({ task }) => task),
      correct: [answers.map(({ correct }) => (correct ? 1 : 0))],
    };
    const accuracy = tasks.length === 0 ? { tasks: {}, mean: null } : accuracies(scored);
    if (!wiki) return { ...accuracy, evaluations };
    const wikitext = await measureWikitext(answerer, tokenizer, pages, answerer.room, options);
    return { ...accuracy, evaluations, wikitext };
  });
}

/**
 * Perplexity per token on a text file or the text of a dataset. With a window, by the convention of
 * the papers on compression; without one, as runs measure it.
 */
export function evaluateText(
  folders: ArmFolders,
  engine: EngineChoice,
  { source, window }: { readonly source: string; readonly window: number | undefined },
  signal: AbortSignal,
): Promise<{ readonly perplexity: number }> {
  return withAnswerer(folders, engine, async ({ loaded }, answerer) => {
    const text = {
      files: await sourceFiles(source),
      limit: Number.POSITIVE_INFINITY,
      room: answerer.room,
      ...(window === undefined ? {} : { window }),
    };
    return { perplexity: await textPerplexity(answerer, loaded.tokenizer, text, signal) };
  });
}

function withAnswerer<T>(
  folders: ArmFolders,
  engine: EngineChoice,
  use: (prepared: PreparedArm, answerer: Scorer & Continuer) => Promise<T>,
): Promise<T> {
  return withArm(folders, engine, async (prepared, opened) => {
    const answerer = createAnswerer(opened, prepared.arm);
    try {
      return await use(prepared, answerer);
    } finally {
      await answerer.release();
    }
  });
}

const mapValues = <K extends string, A, B>(
  record: Partial<Record<K, A>>,
  change: (value: A) => B,
): Partial<Record<K, B>> =>
  Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, change(value as A)]),
  ) as Partial<Record<K, B>>;

import { findBenchmark } from '../../core/evaluate/benchmarks/index.ts';
import { type BenchmarkLimits, loadBenchmark } from '../../core/evaluate/benchmarks/load.ts';
import { loadTasks, type Task } from '../../core/evaluate/tasks.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { hubCache } from './data-source.ts';
import { taskOfFile } from './own-task.ts';
import { starter } from './starter.ts';

/** Rows of a benchmark that are tuned on, at most. */
const TRAIN_LIMIT = 2000;

/** How many rows of a benchmark are read, and where its data is: the hub's cache by default. */
export interface BenchmarkChoice extends BenchmarkLimits {
  readonly dataDir?: string | undefined;
}

/** A file of one's own goes by its path, everything else by name. */
const isFile = (task: string): boolean => /[/\\]/.test(task);

/** Whether a recipe's task comes with the program. */
export const isStarterTask = (task: string): boolean =>
  !isFile(task) && findBenchmark(task) === undefined;

/** The tasks that a recipe measures with. @throws as namedTasks */
export const recipeTasks = ({ tasks, dataDir, itemsPerTask }: Recipe['evaluation']) =>
  namedTasks(tasks, { dataDir, heldout: itemsPerTask, train: TRAIN_LIMIT });

/**
 * Starter tasks by name, benchmarks by name, and people's own files of questions by path, in this
 * order; "all" is every starter task. @throws KintsugiError DATA_INVALID, ARGUMENT_INVALID
 */
export async function namedTasks(
  names: 'all' | readonly string[],
  choice: BenchmarkChoice,
): Promise<Task[]> {
  if (names === 'all') return loadTasks(starter.tasks);
  const starters = names.filter(isStarterTask);
  const known = starters.length === 0 ? [] : await loadTasks(starter.tasks, starters);
  const others = names.filter((name) => !isStarterTask(name));
  const tasks = [...known, ...(await Promise.all(others.map((name) => otherTask(name, choice))))];
  refuseTwins(tasks);
  return tasks;
}

/** Answers are known by their task's name, and a task that came twice would count double. */
function refuseTwins(tasks: readonly Task[]): void {
  const names = tasks.map(({ name }) => name);
  const twin = names.find((name, i) => names.indexOf(name) < i);
  if (twin === undefined) return;
  throw new KintsugiError('ARGUMENT_INVALID', `The task "${twin}" is named twice`, {
    field: 'tasks',
    next: 'Name each task once; files of questions go by their names, whatever folder they are in.',
  });
}

/** A benchmark or a file of questions. */
export function otherTask(name: string, { dataDir, ...limits }: BenchmarkChoice): Promise<Task> {
  const benchmark = findBenchmark(name);
  return benchmark ? loadBenchmark(benchmark, dataDir ?? hubCache(), limits) : taskOfFile(name);
}

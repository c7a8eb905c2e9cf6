import { extname } from 'node:path';
import { type Task, tuningExamples } from '../../core/evaluate/tasks.ts';
import { loadDatasetExamples, loadExamples } from '../../core/tune/data.ts';
import type { Example } from '../../core/tune/types.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { sourceFiles } from './data-source.ts';
import { namedTasks } from './named-tasks.ts';
import { starter } from './starter.ts';

/** What a recipe tunes on. @throws KintsugiError DATA_INVALID */
export async function recipeExamples(
  { tuning: { data } }: Recipe,
  tasks: () => Promise<readonly Task[]>,
): Promise<Example[]> {
  if (data === 'tasks') return (await tasks()).flatMap(tuningExamples);
  return sourceExamples(data.source === 'starter' ? starter.calibrationText : data.source);
}

/** Rows of a benchmark's training split that are tuned on, at most. */
const TRAIN_LIMIT = 20_000;

/** Data as commands name it: a source, or the training half of `task:NAME[,NAME]`. */
export async function namedExamples(data: string, dataDir: string | undefined): Promise<Example[]> {
  const names = /^(?:starter|task):(.+)$/s.exec(data)?.[1]?.split(',');
  if (names === undefined) return sourceExamples(data);
  const choice = { dataDir, heldout: 0, train: TRAIN_LIMIT };
  const tasks = await namedTasks(names.length === 1 && names[0] === 'all' ? 'all' : names, choice);
  return tasks.flatMap(tuningExamples);
}

/** What people write themselves, where every line counts; other files are parts of datasets. */
const WRITTEN = ['.txt', '.csv', '.jsonl'];

/** The examples of a data file, or the first of a dataset's. @throws KintsugiError DATA_INVALID */
async function sourceExamples(source: string): Promise<Example[]> {
  const files = await sourceFiles(source);
  const written = files[0] === source && WRITTEN.includes(extname(source).toLowerCase());
  return written ? loadExamples(source) : loadDatasetExamples(files);
}

import { type Task, tuningExamples } from '../../core/evaluate/tasks.ts';
import { loadDatasetExamples, loadExamples } from '../../core/tune/data.ts';
import type { Example } from '../../core/tune/types.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { sourceFiles } from './data-source.ts';
import { starter } from './starter.ts';

/** What a recipe tunes on. @throws KintsugiError DATA_INVALID */
export async function recipeExamples(
  { tuning: { data } }: Recipe,
  tasks: () => Promise<readonly Task[]>,
): Promise<Example[]> {
  if (data === 'tasks') return (await tasks()).flatMap(tuningExamples);
  return sourceExamples(data.source === 'starter' ? starter.calibrationText : data.source);
}

/** The examples of a data file, or the first of a dataset's. @throws KintsugiError DATA_INVALID */
export async function sourceExamples(source: string): Promise<Example[]> {
  const files = await sourceFiles(source);
  return files[0] === source ? loadExamples(source) : loadDatasetExamples(files);
}

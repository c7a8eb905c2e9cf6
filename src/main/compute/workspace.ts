import { join } from 'node:path';
import type { DeviceName, Engine } from '../../core/engine/program.ts';
import type { Task } from '../../core/evaluate/tasks.ts';
import type { Example } from '../../core/tune/types.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { openEngine } from './engine.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { recipeTasks } from './named-tasks.ts';
import { modelFolder } from './starter.ts';
import { recipeExamples } from './tuning-examples.ts';

/** What the stages of one run share; each part is opened when first asked for. */
export interface Workspace {
  readonly directory: string;
  readonly recipe: Recipe;
  engine(): Promise<Engine>;
  /** @throws KintsugiError CHECKPOINT_INVALID when the folder's content has changed since the start */
  original(): Promise<LoadedModel>;
  compressed(): Promise<LoadedModel>;
  tasks(): Promise<Task[]>;
  /** What is tuned on, before a part is held apart for validation. */
  examples(): Promise<Example[]>;
}

/** Folder of the compressed model, relative to the run's. */
export const COMPRESSED = 'compressed';

export function openWorkspace(
  directory: string,
  recipe: Recipe,
  /** What an earlier sitting found, so that a resumed run uses the same. */
  known: { readonly device: string | null; readonly modelHash: string | null },
): Workspace {
  const device = (known.device as DeviceName | null) ?? recipe.device;
  const tasks = once(() => recipeTasks(recipe.evaluation));
  return {
    directory,
    recipe,
    engine: once(() => openEngine({ device, threads: recipe.threads })),
    original: once(async () => {
      const model = await loadModel(modelFolder(recipe.model));
      const { hash, dir } = model.checkpoint;
      if (known.modelHash !== null && known.modelHash !== hash) throw changedModel(dir);
      return model;
    }),
    compressed: once(() => loadModel(join(directory, COMPRESSED))),
    tasks,
    examples: once(() => recipeExamples(recipe, tasks)),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function changedModel(dir: string): KintsugiError {
  return new KintsugiError(
    'CHECKPOINT_INVALID',
    'The model folder has changed since this run began.',
    { next: 'Put the old files back, or start a new run.', file: dir },
  );
}

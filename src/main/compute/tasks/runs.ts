import type { Recipe } from '../../../shared/recipe.ts';
import { findRun } from '../../db/runs.ts';
import { createRepair, runRepair } from '../repair.ts';
import type { TaskContext } from './task.ts';

/** Emits RunEvents. */
async function execute(
  { id, force }: { readonly id: string; readonly force: boolean },
  { store, signal, finish, emit }: TaskContext,
): Promise<void> {
  await runRepair(store, await findRun(store.db, id), { force, signal, finish, onEvent: emit });
}

async function create(
  { recipe }: { readonly recipe: Recipe },
  { store, home }: TaskContext,
): Promise<string> {
  return (await createRepair(store, { recipe, home, out: undefined })).id;
}

export const runTasks = { 'run.create': create, 'run.execute': execute };

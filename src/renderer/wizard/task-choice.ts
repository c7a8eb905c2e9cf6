import type { Recipe } from '../../shared/recipe.ts';

/** Starter tasks go by name, a file of one's own by its path. */
export const isOwnTask = (task: string): boolean => /[/\\]/.test(task);

/**
 * The recipe with these tasks; all starter tasks alone are "all". A bank by family needs a task for
 * each prompt, so it shrinks with them.
 */
export function withTasks(
  recipe: Recipe,
  tasks: readonly string[],
  starter: readonly string[],
): Recipe {
  const all = tasks.length === starter.length && starter.every((name) => tasks.includes(name));
  return fitFamilies(
    { ...recipe, evaluation: { ...recipe.evaluation, tasks: all ? 'all' : [...tasks] } },
    starter,
  );
}

/** The recipe with no more prompts by family than it has tasks; text has families of its own. */
export function fitFamilies(recipe: Recipe, starter: readonly string[]): Recipe {
  const { tuning, evaluation } = recipe;
  const { bank } = tuning;
  if (tuning.data !== 'tasks' || bank.by !== 'family' || bank.count === 'auto') return recipe;
  const { length } = evaluation.tasks === 'all' ? starter : evaluation.tasks;
  return {
    ...recipe,
    tuning: { ...tuning, bank: { ...bank, count: Math.min(bank.count, length) } },
  };
}

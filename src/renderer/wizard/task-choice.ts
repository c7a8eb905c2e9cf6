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
  const { bank } = recipe.tuning;
  const count =
    bank.by === 'family' && bank.count !== 'auto' ? Math.min(bank.count, tasks.length) : bank.count;
  return {
    ...recipe,
    tuning: { ...recipe.tuning, bank: { ...bank, count } },
    evaluation: { ...recipe.evaluation, tasks: all ? 'all' : [...tasks] },
  };
}

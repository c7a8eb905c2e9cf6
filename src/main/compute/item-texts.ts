import { loadTasks } from '../../core/evaluate/tasks.ts';
import { recipeSchema } from '../../shared/recipe.ts';
import { isFile, taskOfFile } from './own-task.ts';
import { starter } from './starter.ts';

/** One held-out input as a person reads it. */
export interface HeldOutItem {
  readonly task: string;
  readonly itemId: string;
  readonly kind: 'choice' | 'cloze';
  readonly context: string;
  readonly choices: readonly string[];
  readonly answer: string;
}

/**
 * The held-out inputs of the tasks that these recipes measured. A file of one's own that is gone takes
 * only its own texts with it: the answers are stored.
 */
export async function heldOutItems(recipes: readonly unknown[]): Promise<HeldOutItem[]> {
  const chosen = recipes.map((recipe) => recipeSchema.safeParse(recipe).data?.evaluation.tasks);
  const own = chosen.flatMap((tasks) => (tasks === 'all' ? [] : (tasks ?? []).filter(isFile)));
  const tasks = await Promise.all([
    loadTasks(starter.tasks),
    ...[...new Set(own)].map((file) =>
      taskOfFile(file).then(
        (task) => [task],
        () => [],
      ),
    ),
  ]);
  return tasks.flat().flatMap(({ name, kind, heldout }) =>
    heldout.map((item) => ({
      task: name,
      itemId: item.id,
      kind,
      context: item.context,
      choices: 'choices' in item ? item.choices : [],
      answer: 'choices' in item ? item.choices[item.answer]! : item.answers.join(' / '),
    })),
  );
}

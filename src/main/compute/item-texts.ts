import { type Item, loadTasks, type Task } from '../../core/evaluate/tasks.ts';
import { recipeSchema } from '../../shared/recipe.ts';
import { isStarterTask, otherTask } from './named-tasks.ts';
import { starter } from './starter.ts';

/** One held-out input as a person reads it. */
export interface HeldOutItem {
  readonly task: string;
  readonly itemId: string;
  readonly kind: 'choice' | 'cloze' | 'generation';
  readonly context: string;
  readonly choices: readonly string[];
  readonly answer: string;
}

/**
 * The held-out inputs of the tasks that these recipes measured. A file or dataset that is gone takes
 * only its own texts with it: the answers are stored.
 */
export async function heldOutItems(recipes: readonly unknown[]): Promise<HeldOutItem[]> {
  const others = new Map<string, () => Promise<Task>>();
  for (const recipe of recipes) {
    const evaluation = recipeSchema.safeParse(recipe).data?.evaluation;
    if (evaluation === undefined || evaluation.tasks === 'all') continue;
    const { dataDir, itemsPerTask: heldout } = evaluation;
    for (const name of evaluation.tasks.filter((task) => !isStarterTask(task)))
      others.set(JSON.stringify([name, dataDir, heldout]), () =>
        otherTask(name, { dataDir, heldout, train: 0 }),
      );
  }
  const tasks = await Promise.all([
    loadTasks(starter.tasks),
    ...[...others.values()].map((load) =>
      load().then(
        (task) => [task],
        () => [],
      ),
    ),
  ]);
  return tasks.flat().flatMap(({ name, kind, heldout }) =>
    heldout.map((item: Item) => ({
      task: name,
      itemId: item.id,
      kind,
      context: item.context,
      choices: 'choices' in item ? item.choices : [],
      answer: 'choices' in item ? item.choices[item.answer]! : item.answers.join(' / '),
    })),
  );
}

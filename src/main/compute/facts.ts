import type { Item, Task } from '../../core/evaluate/tasks.ts';
import type { Example } from '../../core/tune/types.ts';
import { splitExamples } from './tuning-subject.ts';

/**
 * The tasks with questions that every seed tuned on in place of those it never saw: one per fact, in
 * the words that tuning showed. Tasks of which nothing is left are left out.
 */
export function seenTasks(
  tasks: readonly Task[],
  examples: readonly Example[],
  seeds: readonly number[],
): Task[] {
  const key = (task: string, item: string) => JSON.stringify([task, item]);
  const tuned = seeds.map(
    (seed) =>
      new Set(splitExamples(examples, seed).examples.map(({ group, id }) => key(group, id))),
  );
  return tasks.flatMap((task) => {
    const seen = task.train.filter((item: Item) =>
      tuned.every((ids) => ids.has(key(task.name, item.id))),
    );
    const facts = Map.groupBy(seen, ({ fact }: Item) => fact).values();
    return withHalves(task, { heldout: [...facts].map(([first]) => first!) });
  });
}

/** The tasks with the questions on these facts alone, in both halves. */
export const tasksAbout = (tasks: readonly Task[], facts: ReadonlySet<string>): Task[] =>
  tasks.flatMap((task) => {
    const about = (items: readonly Item[]) => items.filter(({ fact }) => facts.has(fact));
    return withHalves(task, { train: about(task.train), heldout: about(task.heldout) });
  });

/** A task without questions is none. */
function withHalves(task: Task, halves: Partial<Record<'train' | 'heldout', Item[]>>): Task[] {
  return Object.values(halves).some((items) => items.length === 0)
    ? []
    : [{ ...task, ...halves } as Task];
}

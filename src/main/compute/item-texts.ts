import { loadTasks } from '../../core/evaluate/tasks.ts';
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

let items: Promise<readonly HeldOutItem[]> | undefined;

/** The held-out inputs of every starter task, read once: they ship with the program. */
export function heldOutItems(): Promise<readonly HeldOutItem[]> {
  items ??= readItems();
  return items;
}

async function readItems(): Promise<readonly HeldOutItem[]> {
  const tasks = await loadTasks(starter.tasks);
  return tasks.flatMap(({ name, kind, heldout }) =>
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

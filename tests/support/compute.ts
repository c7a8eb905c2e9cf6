import { type TaskInput, tasks } from '../../src/main/compute/tasks/index.ts';
import type { TaskContext } from '../../src/main/compute/tasks/task.ts';
import type { Compute } from '../../src/main/jobs/compute.ts';

/** The compute host's tasks without its process. */
export function computeHere({ home, store }: Pick<TaskContext, 'home' | 'store'>): Compute {
  const never = new AbortController().signal;
  const ask = (name: keyof typeof tasks, input: TaskInput<typeof name>, options = {}) => {
    const { signal = never, onEvent = () => {} } = options as {
      signal?: AbortSignal;
      onEvent?: (event: unknown) => void;
    };
    const task = tasks[name] as (input: unknown, context: TaskContext) => Promise<unknown>;
    return task(input, { home, store, signal, finish: never, emit: onEvent });
  };
  return { ask } as unknown as Compute;
}

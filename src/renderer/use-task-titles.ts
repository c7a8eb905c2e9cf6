import { taskWords } from '../shared/setting-words.ts';
import { useCall } from './use-call.ts';

/** What a task is called: the starter's by their titles, others by their names. */
export function useTaskTitles(): (task: string) => string {
  const { called } = useCall('tasks.list', {});
  const tasks = called.state === 'ready' ? called.value : [];
  const titles = new Map(tasks.map(({ name, title }) => [name, title]));
  return (task) => titles.get(task) ?? taskWords(task);
}

import { bankTasks } from './banks.ts';
import { compareTasks } from './compare.ts';
import { dataTasks } from './data.ts';
import { estimateTasks } from './estimate.ts';
import { hubTasks } from './hub.ts';
import { modelTasks } from './models.ts';
import { playgroundTasks } from './playground.ts';
import { runTasks } from './runs.ts';
import { systemTasks } from './system.ts';

/** Everything that the compute host can be asked. */
export const tasks = {
  ...systemTasks,
  ...modelTasks,
  ...hubTasks,
  ...dataTasks,
  ...estimateTasks,
  ...runTasks,
  ...compareTasks,
  ...bankTasks,
  ...playgroundTasks,
};

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
export type TaskInput<Name extends TaskName> = Parameters<Tasks[Name]>[0];
export type TaskOutput<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

import { parentPort, workerData } from 'node:worker_threads';
import { openStore, type Store } from '../db/open.ts';
import { databasePath } from '../home.ts';
import { reportError } from '../report-error.ts';
import type { FromCompute, ToCompute } from './protocol.ts';
import { type TaskName, tasks } from './tasks/index.ts';
import type { Task } from './tasks/task.ts';

/** The worker of a compute host: runs the tasks it is asked, with a database connection of its own. */

const { home } = workerData as { readonly home: string };
const port = parentPort!;
const running = new Map<number, Record<'stop' | 'finish', AbortController>>();
let store: Promise<Store> | undefined;

const tell = (message: FromCompute) => port.postMessage(message);

async function answer({ id, name, input }: Extract<ToCompute, { kind: 'ask' }>): Promise<void> {
  const raised = { stop: new AbortController(), finish: new AbortController() };
  running.set(id, raised);
  try {
    store ??= openStore(databasePath(home));
    const task = tasks[name as TaskName] as Task<unknown, unknown>;
    const value = await task(input, {
      home,
      store: await store,
      signal: raised.stop.signal,
      finish: raised.finish.signal,
      emit: (event) => tell({ kind: 'event', id, event }),
    });
    tell({ kind: 'answer', id, value });
  } catch (error) {
    tell({ kind: 'failure', id, error: reportError(error) });
  } finally {
    running.delete(id);
  }
}

port.on('message', (message: ToCompute) => {
  if (message.kind === 'ask') void answer(message);
  else running.get(message.id)?.[message.kind].abort();
});

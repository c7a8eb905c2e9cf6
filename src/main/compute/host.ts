import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FromCompute, ToCompute } from './protocol.ts';

/**
 * A compute host: a process of its own, because a crash of the engine takes a whole process with it.
 * It passes messages between the main process and its worker, which may be too busy to hear them.
 */

/** Electron's utility process has `parentPort`, a forked Node process `send`. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
}
const electronPort = (process as { parentPort?: ParentPort }).parentPort;
const home = process.argv[2]!;
const MEMORY_INTERVAL = 500;

/** Asks that have no answer yet. */
const pending = new Set<number>();

function tell(message: FromCompute): void {
  if (message.kind === 'answer' || message.kind === 'failure') pending.delete(message.id);
  if (electronPort) electronPort.postMessage(message);
  else process.send?.(message);
}

/** Beside this file: as source, or as the bundle that the build makes. */
function workerFile(): string {
  const source = join(import.meta.dirname, 'worker.ts');
  return existsSync(source) ? source : join(import.meta.dirname, 'compute-worker.js');
}

const worker = new Worker(workerFile(), { workerData: { home } });
worker.on('message', tell);
// What a task could not catch leaves the worker in no known state.
worker.on('error', (error) => {
  console.error(error);
  process.exit(70);
});

function receive(message: ToCompute): void {
  if (message.kind === 'ask') pending.add(message.id);
  if (pending.has(message.id)) worker.postMessage(message);
}

setInterval(() => {
  if (pending.size > 0) tell({ kind: 'memory', bytes: process.memoryUsage.rss() });
}, MEMORY_INTERVAL).unref();

if (electronPort) {
  electronPort.on('message', ({ data }) => receive(data as ToCompute));
} else {
  process.on('message', (message) => receive(message as ToCompute));
  // The main process is gone: nobody will read an answer, and checkpoints hold what is worth keeping.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}

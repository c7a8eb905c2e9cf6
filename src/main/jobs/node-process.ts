import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { FromCompute } from '../compute/protocol.ts';
import type { ComputeProcess } from './compute.ts';

/** The compute host as a forked Node process. */
export function forkCompute(home: string): ComputeProcess {
  const file = join(import.meta.dirname, '..', 'compute', 'host.ts');
  const child = fork(file, [home], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let ended = false;
  return {
    send: (message) => {
      // A message to a process that has just died is lost; its exit says so.
      if (child.connected) child.send(message, () => undefined);
    },
    onMessage: (listener) => child.on('message', (message) => listener(message as FromCompute)),
    onExit(listener) {
      const end = (how: string) => {
        if (!ended) listener(how);
        ended = true;
      };
      child.on('exit', (code, signal) => end(signal ?? `code ${code}`));
      child.on('error', (error) => end(error.message));
    },
    kill: () => child.kill('SIGKILL'),
    get pid() {
      return child.pid;
    },
  };
}

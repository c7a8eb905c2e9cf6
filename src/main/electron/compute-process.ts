import { join } from 'node:path';
import { utilityProcess } from 'electron';
import type { FromCompute } from '../compute/protocol.ts';
import type { ComputeProcess } from '../jobs/compute.ts';

/** The compute host as Electron's utility process, from the bundle beside this file's. */
export function forkUtility(home: string): ComputeProcess {
  const child = utilityProcess.fork(join(import.meta.dirname, 'compute-host.js'), [home], {
    serviceName: 'Kintsugi compute',
  });
  return {
    send: (message) => child.postMessage(message),
    onMessage: (listener) => child.on('message', (message) => listener(message as FromCompute)),
    onExit: (listener) => child.once('exit', (code) => listener(`code ${code}`)),
    kill() {
      const { pid } = child;
      // kill() asks politely, which a process inside the engine does not hear.
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
    get pid() {
      return child.pid;
    },
  };
}

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataHome } from '../home.ts';
import { forkCompute } from '../jobs/node-process.ts';
import { reportError } from '../report-error.ts';
import { BROWSER_SHELL } from '../router/services.ts';
import { openWorkbench } from '../workbench.ts';
import { startServer } from './server.ts';

/** The workbench without Electron: the same services, shown by a browser. Prints its address. */

const { values } = parseArgs({
  options: { home: { type: 'string' }, port: { type: 'string' }, files: { type: 'string' } },
});
const FILES = join(import.meta.dirname, '..', '..', '..', 'out', 'renderer');

async function main(): Promise<void> {
  const workbench = await openWorkbench({
    home: dataHome(values.home),
    shell: BROWSER_SHELL,
    startCompute: forkCompute,
  });
  for (const { message, next } of workbench.services.store.warnings) {
    console.error(`${message}\n  next: ${next}`);
  }
  const server = await startServer({
    router: workbench.router,
    files: values.files ?? FILES,
    port: Number(values.port ?? 0),
  });
  console.log(`Kintsugi is at ${server.url}`);
  let stopping = false;
  const stop = async () => {
    // A second signal does not wait for the run's next step.
    if (stopping) process.exit(130);
    stopping = true;
    await server.close();
    await workbench.close();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
  process.on('disconnect', () => void stop());
}

main().catch((error) => {
  const { code, message, next } = reportError(error);
  console.error(`${code}: ${message}\n  next: ${next}`);
  process.exit(1);
});

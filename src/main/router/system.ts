import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, homedir, totalmem } from 'node:os';
import type { NamesOf } from '../../shared/contract/index.ts';
import type { SystemInfo } from '../../shared/contract/system.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { listRuns } from '../db/runs.ts';
import { VERSION } from '../version.ts';
import type { Handlers } from './handlers.ts';
import type { Services } from './services.ts';

export function systemHandlers(services: Services): Handlers<NamesOf<'system'>> {
  const { compute, shell } = services;
  return {
    'system.info': () => info(services),
    'system.doctor': () => compute.ask('system.doctor', null),
    'system.diagnostics': async () => ({ text: await diagnostics(services) }),
    async 'system.chooseFolder'() {
      if (shell.chooseFolder !== null) return { path: await shell.chooseFolder() };
      throw new KintsugiError('ARGUMENT_INVALID', 'There is no folder dialog in a browser.', {
        next: 'Choose the folder in the list, or type its path.',
      });
    },
  };
}

async function info({ home, store, shell, secrets }: Services): Promise<SystemInfo> {
  const { bavail, bsize } = await statfs(home);
  return {
    version: VERSION,
    host: shell.host,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    disk: { free: bavail * bsize },
    home,
    warnings: store.warnings.map(({ message, next }) => ({ message, next })),
    canChooseFolder: shell.chooseFolder !== null,
    canPrintPdf: shell.printPdf !== null,
    secretsIn: secrets.protection,
  };
}

/** For a report of a fault: the machine, the engine and how runs ended. */
async function diagnostics(services: Services): Promise<string> {
  const { home: _, ...machine } = await info(services);
  const doctor = await services.compute
    .ask('system.doctor', null)
    .catch((error: Error) => ({ failed: error.message }));
  const runs = (await listRuns(services.store.db))
    .slice(0, 10)
    .map(({ id, status, device, error }) => ({
      id,
      status,
      device,
      error: error === null ? null : { code: error.code, message: error.message },
    }));
  return withoutPaths(JSON.stringify({ machine, node: process.version, doctor, runs }, null, 2), [
    services.home,
    homedir(),
  ]);
}

/** A user's folder says who they are. */
const withoutPaths = (text: string, paths: readonly string[]): string =>
  paths.reduce(
    (rest, path) =>
      path.length > 1 ? rest.replaceAll(JSON.stringify(path).slice(1, -1), '~') : rest,
    text,
  );

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubDataset, HubModel, HubSearch } from '../../shared/contract/hub.ts';
import type { NamesOf } from '../../shared/contract/index.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { findSnapshot, isCompleteModel } from '../hub/cache.ts';
import { filesOfDataset, filesOfModel, type PlannedFile } from '../hub/plan.ts';
import { readSmallFile } from '../hub/read-file.ts';
import { parseRepository, type Repository } from '../hub/repository.ts';
import { describeRepository, searchHub } from '../hub/search.ts';
import { presentBytes } from '../hub/snapshot.ts';
import { reportError } from '../report-error.ts';
import type { Handlers } from './handlers.ts';
import type { Services } from './services.ts';

/** How often a screen is told of bytes that arrive, in milliseconds. */
const INTERVAL = 250;

export function hubHandlers(services: Services): Handlers<NamesOf<'hub'> | NamesOf<'downloads'>> {
  const { hub, downloads } = services;
  return {
    async 'hub.status'() {
      const { endpoint, offline, tokenFrom, cache } = hub.settings();
      return { endpoint, offline, token: tokenFrom, cache };
    },
    'hub.search': ({ kind, query, limit }) => search(services, kind, query, limit),
    'hub.model': ({ id }) => describeModel(services, parseRepository(id)),
    'hub.dataset': ({ id }) => describeDataset(services, parseRepository(id, 'dataset')),
    'downloads.start': ({ kind, id, paths }) => downloads.start(parseRepository(id, kind), paths),
    'downloads.pause': ({ id }) => downloads.pause(id),
    'downloads.resume': ({ id }) => downloads.resume(id),
    'downloads.cancel': async ({ id }) => {
      await downloads.cancel(id);
      return null;
    },
    async *'downloads.watch'(_, signal) {
      let changed = true;
      const stop = downloads.onChange(() => {
        changed = true;
      });
      try {
        while (!signal.aborted) {
          if (changed) {
            changed = false;
            yield downloads.list();
          }
          await sleep(INTERVAL, undefined, { signal }).catch(() => undefined);
        }
      } finally {
        stop();
      }
    },
  };
}

async function search(
  { hub, compute }: Services,
  kind: Repository['kind'],
  query: string,
  limit: number,
): Promise<HubSearch> {
  const { entries, more } = await searchHub(hub, kind, query, limit);
  const architectures = entries.map(({ architecture }) => architecture);
  const supported = await compute.ask('models.supported', { architectures });
  return {
    entries: entries.map((entry, i) => ({ ...entry, supported: supported[i] ?? null })),
    more,
  };
}

async function describeModel(services: Services, repository: Repository): Promise<HubModel> {
  const { hub, compute, home } = services;
  const { entry, commit, files } = await describeRepository(hub, repository);
  const at = { ...repository, revision: commit };
  const needed = attempt(() => filesOfModel(repository.name, files));
  const config = await attemptAsync(() => readConfig(services, at, files));
  const wanted = needed.value ?? [];
  const plan = { repository: at, commit, files: wanted };
  const { cache } = hub.settings();
  const bytes = sum(wanted.map(({ size }) => size));
  const missing = bytes - (await presentBytes(cache, plan));
  const preview = await compute.ask('models.preview', {
    config: config.value ?? null,
    weights: sum(wanted.filter(isWeights).map(({ size }) => size)),
    download: missing,
    folders: { cache, home },
  });
  const folder = findSnapshot(cache, at);
  return {
    ...entry,
    architecture: preview.architecture ?? entry.architecture,
    parameters: preview.parameters ?? entry.parameters,
    supported: preview.supported,
    commit,
    bytes,
    files: wanted.length,
    memory: preview.memory,
    disk: preview.disk,
    problem: needed.problem ?? config.problem ?? preview.problem,
    model: folder !== undefined && isCompleteModel(folder) ? `${repository.name}@${commit}` : null,
  };
}

const isWeights = ({ path }: PlannedFile): boolean => path.endsWith('.safetensors');

async function readConfig(
  { hub }: Services,
  repository: Repository,
  files: readonly PlannedFile[],
): Promise<string | null> {
  const file = files.find(({ path }) => path === 'config.json');
  return file === undefined ? null : readSmallFile(hub, repository, file);
}

async function describeDataset({ hub }: Services, repository: Repository): Promise<HubDataset> {
  const { entry, commit, files } = await describeRepository(hub, repository);
  const folder = findSnapshot(hub.settings().cache, { ...repository, revision: commit });
  const { id, licence, gated } = entry;
  return {
    id,
    licence,
    gated,
    files: filesOfDataset(files).map(({ path, size }) => {
      const local = folder === undefined ? undefined : join(folder, path);
      return { path, bytes: size, local: local && existsSync(local) ? local : null };
    }),
  };
}

interface Attempt<T> {
  readonly value?: T;
  readonly problem: HubModel['problem'];
}

/** What is wrong with a model is a finding about it, not a failure to describe it. */
function attempt<T>(part: () => T): Attempt<T> {
  try {
    return { value: part(), problem: null };
  } catch (error) {
    return found(error);
  }
}

const attemptAsync = <T>(part: () => Promise<T>): Promise<Attempt<T>> =>
  part().then((value) => ({ value, problem: null }), found);

function found(error: unknown): { readonly problem: HubModel['problem'] } {
  if (error instanceof KintsugiError) return { problem: reportError(error) };
  throw error;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

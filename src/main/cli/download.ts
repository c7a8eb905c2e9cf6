import { existsSync } from 'node:fs';
import { KintsugiError } from '../../shared/errors.ts';
import { findSnapshot, isCompleteModel } from '../hub/cache.ts';
import { type Hub, openHub } from '../hub/hub.ts';
import type { Plan } from '../hub/plan.ts';
import { createPace } from '../hub/rate.ts';
import { isRepositoryId, parseRepository, type Repository } from '../hub/repository.ts';
import { fetchSnapshot, planBytes, planSnapshot } from '../hub/snapshot.ts';
import { openSecrets } from '../secrets.ts';
import type { Context } from './context.ts';
import { formatBytes } from './format.ts';

/** The hub as the workbench's settings know its user; a keychain is the window's alone. */
export const openOwnHub = ({ home }: Context): Hub =>
  openHub(() => openSecrets(home, null).read('hubToken'));

/** Downloads what is missing of a repository, showing how far it is. Answers the snapshot's folder. */
export async function download(
  hub: Hub,
  repository: Repository,
  { progress, signal }: Context,
  paths?: readonly string[],
): Promise<{ readonly folder: string; readonly bytes: number }> {
  return fetchPlan(hub, await planSnapshot(hub, repository, paths), { progress, signal });
}

async function fetchPlan(
  hub: Hub,
  plan: Plan,
  { progress, signal }: Pick<Context, 'progress' | 'signal'>,
): Promise<{ readonly folder: string; readonly bytes: number }> {
  const { name } = plan.repository;
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(stopped(name)), { once: true });
  const total = planBytes(plan);
  const pace = createPace();
  const folder = await fetchSnapshot(hub, plan, {
    signal: stop.signal,
    onNotice: (text) => progress.line(`note  ${text}`),
    onBytes(bytes) {
      pace.add(bytes);
      const { rate, secondsLeft } = pace.of(total);
      const speed = rate === null ? '' : `, ${formatBytes(rate)}/s`;
      progress.update(
        `download ${name}`,
        total === 0 ? 1 : bytes / total,
        secondsLeft ?? undefined,
        {
          detail: `${formatBytes(bytes)} of ${formatBytes(total)}${speed}`,
        },
      );
    },
  });
  return { folder, bytes: total };
}

const stopped = (name: string): KintsugiError =>
  new KintsugiError('CANCELLED', 'The download was stopped.', {
    next: `"kintsugi models download ${name}" goes on where it stopped.`,
  });

/** Downloads a model that is named as the hub names it and is not here yet; others are left alone. */
export async function ensureModel(model: string, context: Context): Promise<void> {
  if (!isRepositoryId(model) || existsSync(model)) return;
  const hub = openOwnHub(context);
  const repository = parseRepository(model);
  const cached = findSnapshot(hub.settings().cache, repository);
  if (cached !== undefined && isCompleteModel(cached)) return;
  const { bytes } = await download(hub, repository, context);
  context.progress.line(`done  download ${model} (${formatBytes(bytes)})`);
}

/**
 * Downloads the first file of the hub dataset's split that a source names, where none of it is
 * here yet: more than calibration or tuning reads, and C4 whole would be 300 GB.
 */
export async function ensureSource(source: string, context: Context): Promise<void> {
  const { firstFileOf, hubDataset, sourceFiles } = await import('../compute/data-source.ts');
  const dataset = hubDataset(source);
  if (dataset === undefined || (await isReadable(sourceFiles(source)))) return;
  const hub = openOwnHub(context);
  const repository = parseRepository(dataset.id, 'dataset');
  const plan = await planSnapshot(hub, repository);
  const paths = plan.files.map(({ path }) => path);
  const first = firstFileOf(paths, dataset.part);
  const files = plan.files.filter(({ path }) => path === first);
  if (first === undefined) throw noSuchPart(source, paths);
  const { bytes } = await fetchPlan(hub, { ...plan, files }, context);
  context.progress.line(`done  download ${first} of ${dataset.id} (${formatBytes(bytes)})`);
}

const isReadable = (files: Promise<unknown>): Promise<boolean> =>
  files.then(
    () => true,
    () => false,
  );

/** Files that a message names. */
const NAMED = 6;

function noSuchPart(source: string, paths: readonly string[]): KintsugiError {
  const named = paths.slice(0, NAMED).join(', ');
  const there = paths.length > NAMED ? `${named} and ${paths.length - NAMED} more` : named;
  return new KintsugiError('DATA_INVALID', `The hub has no file that can be read for ${source}.`, {
    next: `Name a configuration and split that it has, as hub:org/name:config:split. Its files: ${there}.`,
    field: 'source',
  });
}

import { existsSync } from 'node:fs';
import { KintsugiError } from '../../shared/errors.ts';
import { findSnapshot, isCompleteModel } from '../hub/cache.ts';
import { type Hub, openHub } from '../hub/hub.ts';
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
  const { name } = repository;
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(stopped(name)), { once: true });
  const plan = await planSnapshot(hub, repository, paths);
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

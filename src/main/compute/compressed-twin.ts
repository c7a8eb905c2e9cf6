import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from '../../shared/recipe.ts';
import type { Store } from '../db/open.ts';
import { listRuns, type Run } from '../db/runs.ts';
import { listStages } from '../db/stages.ts';
import { hashFolder } from './artefact.ts';

/**
 * A run of the same sweep that has compressed the same model in the same way and with the same seed:
 * compressing again would give the same bits. Its folder still has the hash that was recorded.
 */
export async function compressedTwin(
  { db }: Store,
  { id, sweep }: Run,
  recipe: Recipe,
  unhashed: readonly string[],
): Promise<Run | undefined> {
  if (sweep === null) return undefined;
  const wanted = compressionOf(recipe);
  for (const run of await listRuns(db)) {
    if (run.id === id || run.sweep?.id !== sweep.id) continue;
    if (compressionOf(run.recipe as Recipe) !== wanted) continue;
    const stages = await listStages(db, run.id);
    const stage = stages.find(({ name, status }) => name === 'compress' && status === 'done');
    if (!stage?.artefact) continue;
    const hash = await hashFolder(join(run.directory, stage.artefact), unhashed).catch(() => null);
    if (hash !== null && hash === stage.artefact_hash) return run;
  }
  return undefined;
}

const compressionOf = ({ model, compression, seed, device }: Recipe): string =>
  JSON.stringify([model, compression, seed, device]);

/** The same files in another folder, without their bytes a second time where the disk can do that. */
export async function linkFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    await link(source, target).catch(() => copyFile(source, target));
  }
}

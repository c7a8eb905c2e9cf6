import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readText } from '../../core/data/text-file.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { findSnapshot } from '../hub/cache.ts';
import { isRepositoryId, parseRepository } from '../hub/repository.ts';
import { hubSettings } from '../hub/settings.ts';

/** Beside the sources, beside the bundle of the build, or where a package keeps what is not code. */
const PLACES = [
  join(import.meta.dirname, '../../../resources'),
  join(import.meta.dirname, '../../resources'),
  (process as { resourcesPath?: string }).resourcesPath ?? '',
];
const RESOURCES = PLACES.find((place) => existsSync(join(place, 'starter/tasks'))) ?? PLACES[0]!;
const STARTER = join(RESOURCES, 'starter');
const CONTROL = join(RESOURCES, 'starter-control');

/** What ships with the program. */
export const starter = {
  model: STARTER,
  tasks: join(STARTER, 'tasks'),
  calibrationText: join(STARTER, 'text', 'calibration.txt'),
  heldOutText: join(STARTER, 'text', 'heldout.txt'),
  /** The same model, trained the same way, from which a quarter of the facts was kept. */
  control: CONTROL,
} as const;

/**
 * Ids of the facts that the control model was never told.
 * @throws KintsugiError DATA_INVALID when the list is not there
 */
export async function loadUnknownFacts(): Promise<ReadonlySet<string>> {
  const file = join(CONTROL, 'unknown.json');
  return new Set(z.array(z.string()).parse(JSON.parse(await readText(file))));
}

/**
 * A model as recipes and options name it: the starter, a folder, or "org/name" of the hub's cache.
 * @throws KintsugiError CHECKPOINT_MISSING for a model of the hub that is not here
 */
export function modelFolder(model: string): string {
  if (model === 'starter') return starter.model;
  if (!isRepositoryId(model) || existsSync(model)) return model;
  const folder = findSnapshot(hubSettings().cache, parseRepository(model));
  if (folder !== undefined) return folder;
  throw new KintsugiError('CHECKPOINT_MISSING', `${model} is not on this machine.`, {
    next: `Download it: on the Models page, or with "kintsugi models download ${model}".`,
    field: 'model',
  });
}

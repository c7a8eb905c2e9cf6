import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Beside the sources, beside the bundle of the build, or where a package keeps what is not code. */
const PLACES = [
  join(import.meta.dirname, '../../../resources/starter'),
  join(import.meta.dirname, '../../resources/starter'),
  join((process as { resourcesPath?: string }).resourcesPath ?? '', 'starter'),
];
const STARTER = PLACES.find((place) => existsSync(join(place, 'tasks'))) ?? PLACES[0]!;

/** What ships with the program. */
export const starter = {
  model: STARTER,
  tasks: join(STARTER, 'tasks'),
  calibrationText: join(STARTER, 'text', 'calibration.txt'),
  heldOutText: join(STARTER, 'text', 'heldout.txt'),
} as const;

/** A model folder as recipes and options name it. */
export const modelFolder = (model: string): string => (model === 'starter' ? starter.model : model);

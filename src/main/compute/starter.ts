import { join } from 'node:path';

const STARTER = join(import.meta.dirname, '../../../resources/starter');

/** What ships with the program. */
export const starter = {
  model: STARTER,
  tasks: join(STARTER, 'tasks'),
  calibrationText: join(STARTER, 'text', 'calibration.txt'),
  heldOutText: join(STARTER, 'text', 'heldout.txt'),
} as const;

/** A model folder as recipes and options name it. */
export const modelFolder = (model: string): string => (model === 'starter' ? starter.model : model);

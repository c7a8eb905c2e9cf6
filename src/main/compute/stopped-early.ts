import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ArmId } from '../../shared/results.ts';
import type { StageRow } from '../db/schema.ts';
import { TUNED_ARMS } from './arms.ts';
import { tunedFolders } from './tune-stages.ts';

/** What a run that was stopped while it tuned has to compare; every other run compares everything. */

const isTuned = (directory: string, folder: string): boolean => existsSync(join(directory, folder));

/** Seeds that are tuned to the end, or the first alone, as far as it went. */
export function comparedSeeds(directory: string, seeds: readonly number[]): number[] {
  const whole = seeds.filter((seed) =>
    Object.values(tunedFolders(seed)).every((folder) => isTuned(directory, folder)),
  );
  return whole.length > 0 ? whole : seeds.slice(0, 1);
}

/** A bank there always is, and with it the best of its prompts. */
export function comparedArms(directory: string, seeds: readonly number[]): ArmId[] {
  const [first] = comparedSeeds(directory, seeds);
  const tuned = TUNED_ARMS.filter(
    (arm) => arm !== 'lora' || isTuned(directory, tunedFolders(first!).lora),
  );
  return ['original', 'compressed', ...tuned];
}

/** What the tuning stages have remarked, by what they tune; empty unless they were stopped early. */
export function remarks(stages: readonly StageRow[]): ReadonlyMap<string, string> {
  return new Map(
    stages.flatMap(({ name, remark }) =>
      remark !== null && name.startsWith('tune:') ? [[name.slice('tune:'.length), remark]] : [],
    ),
  );
}

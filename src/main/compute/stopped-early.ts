import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ArmId } from '../../shared/results.ts';
import type { StageRow } from '../db/schema.ts';
import { tunedArms, tunedPart } from './arms.ts';
import { tunedFolder } from './tune-stages.ts';
import type { Workspace } from './workspace.ts';

/** What a run that was stopped while it tuned has to compare; every other run compares everything. */

const isTuned = (directory: string, folder: string): boolean => existsSync(join(directory, folder));

/** Seeds that are tuned to the end, or the first alone, as far as it went. */
export function comparedSeeds(workspace: Workspace, seeds: readonly number[]): number[] {
  const { directory, recipe } = workspace;
  const asked = ['bank' as const, ...tunedArms(recipe).map(tunedPart)];
  const whole = seeds.filter((seed) =>
    asked.every((part) => isTuned(directory, tunedFolder(part, seed))),
  );
  return whole.length > 0 ? whole : seeds.slice(0, 1);
}

/** A bank there always is, and with it the best of its prompts. */
export function comparedArms(workspace: Workspace, seeds: readonly number[]): ArmId[] {
  const [first] = comparedSeeds(workspace, seeds);
  const tuned = tunedArms(workspace.recipe).filter(
    (arm) => arm === 'prompt' || isTuned(workspace.directory, tunedFolder(tunedPart(arm), first!)),
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

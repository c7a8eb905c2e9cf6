import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { asUnwritable, writeAtomically } from '../checkpoint/atomic.ts';
import { decodeState, encodeState, type TrainingState } from './training-state.ts';

const KEPT = 2;
const NAME = /^step-\d{9}\.state$/;
/** What a killed process leaves of an atomic write. */
const ABANDONED = /^\.step-\d{9}\.state\..*\.part$/;

/**
 * Writes a training checkpoint and keeps the newest two: a crash at any moment leaves at least one
 * whole. @throws KintsugiError OUTPUT_UNWRITABLE
 */
export async function saveState(dir: string, state: TrainingState): Promise<void> {
  const name = `step-${String(state.step).padStart(9, '0')}.state`;
  await writeAtomically(join(dir, name), async (file) => {
    for (const chunk of encodeState(state)) await file.writeFile(chunk);
  });
  await removeStale(dir, name);
}

/** All but the newest two; names after the newest are damaged ones that `loadNewest` passed over. */
async function removeStale(dir: string, newest: string): Promise<void> {
  const kept = (await stateFiles(dir)).filter((file) => file <= newest).slice(0, KEPT);
  const ours = (await readdir(dir)).filter((file) => NAME.test(file) || ABANDONED.test(file));
  for (const file of ours) if (!kept.includes(file)) await rm(join(dir, file), { force: true });
}

/** Newest first. */
async function stateFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names
    .filter((name) => NAME.test(name))
    .toSorted()
    .toReversed();
}

/** Whether training has left anything to go on from in the folder or one inside it. */
export async function hasState(dir: string): Promise<boolean> {
  const names = await readdir(dir, { recursive: true }).catch((): string[] => []);
  return names.some((name) => NAME.test(basename(name)));
}

export interface LoadedState {
  /** The newest whole checkpoint, if any. */
  readonly state: TrainingState | undefined;
  /** Newer checkpoints that had to be passed over, and why. */
  readonly damaged: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Reads the newest checkpoint of a folder, or the one before it when that is damaged. Creates the
 * folder, so that one that can't be written to is found out before the work.
 * @throws KintsugiError OUTPUT_UNWRITABLE
 */
export async function loadNewest(dir: string): Promise<LoadedState> {
  await mkdir(dir, { recursive: true }).catch((cause: unknown) => {
    throw asUnwritable(cause, dir);
  });
  const damaged: { file: string; reason: string }[] = [];
  for (const name of await stateFiles(dir)) {
    const file = join(dir, name);
    const state = await readState(file);
    if (!('fault' in state)) return { state, damaged };
    damaged.push({ file, reason: state.fault });
  }
  return { state: undefined, damaged };
}

async function readState(file: string): Promise<TrainingState | { readonly fault: string }> {
  try {
    return decodeState(await readFile(file));
  } catch (cause) {
    return { fault: `it cannot be read: ${(cause as Error).message}` };
  }
}

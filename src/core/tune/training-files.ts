import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { decodeState, encodeState, type TrainingState } from './training-state.ts';

const KEPT = 2;
const NAME = /^step-(\d{9})\.state$/;
const TEMPORARY = /^step-\d{9}\.state\.part$/;

/**
 * Writes a training checkpoint and keeps the newest two: a crash at any moment leaves at least one
 * whole. @throws KintsugiError OUTPUT_UNWRITABLE
 */
export async function saveState(dir: string, state: TrainingState): Promise<void> {
  try {
    const name = `step-${String(state.step).padStart(9, '0')}.state`;
    await writeWhole(dir, name, encodeState(state));
    await removeStale(dir, name);
  } catch (cause) {
    throw unwritable(dir, cause as Error);
  }
}

const unwritable = (dir: string, cause: Error): KintsugiError =>
  new KintsugiError(
    'OUTPUT_UNWRITABLE',
    `The training checkpoint could not be written: ${cause.message}`,
    { file: dir, cause, next: 'Free some space or choose a folder that can be written to.' },
  );

/** All but the newest two; names after the newest are damaged ones that `loadNewest` passed over. */
async function removeStale(dir: string, newest: string): Promise<void> {
  const kept = (await stateFiles(dir)).filter((file) => file <= newest).slice(0, KEPT);
  const ours = (await readdir(dir)).filter((file) => NAME.test(file) || TEMPORARY.test(file));
  for (const file of ours) if (!kept.includes(file)) await rm(join(dir, file), { force: true });
}

/** Temporary file, fsync, rename, fsync of the folder: the name never points at half a file. */
async function writeWhole(dir: string, name: string, chunks: readonly Uint8Array[]) {
  const temporary = join(dir, `${name}.part`);
  const file = await open(temporary, 'w');
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(dir, name));
  await syncFolder(dir);
}

async function syncFolder(dir: string): Promise<void> {
  // Windows cannot open a folder, and makes a rename durable by itself.
  if (process.platform === 'win32') return;
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Newest first. */
async function stateFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names
    .filter((name) => NAME.test(name))
    .toSorted()
    .toReversed();
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
  await mkdir(dir, { recursive: true }).catch((cause: Error) => {
    throw unwritable(dir, cause);
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

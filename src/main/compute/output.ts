import { mkdir, readdir } from 'node:fs/promises';
import { KintsugiError } from '../../shared/errors.ts';

const unwritable = (folder: string, message: string, cause?: unknown): KintsugiError =>
  new KintsugiError('OUTPUT_UNWRITABLE', message, {
    next: 'Choose a new or empty folder that can be written to.',
    file: folder,
    cause,
  });

/** Makes a folder and those above it. @throws KintsugiError OUTPUT_UNWRITABLE */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw unwritable(folder, `The output folder cannot be made (${cause.message}).`, cause);
  });
}

/** @throws KintsugiError OUTPUT_UNWRITABLE when the folder is there and holds something */
export async function refuseOccupied(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw unwritable(folder, `The output folder cannot be used (${cause.message}).`, cause);
  });
  if (names.length > 0) throw unwritable(folder, 'The output folder is not empty.');
}

import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';

/**
 * Writes a file completely or not at all: a temporary file beside it is filled, synced to the disk,
 * and renamed over `path`. Missing parent folders are made. @throws KintsugiError OUTPUT_UNWRITABLE
 */
export const writeFileAtomic = (path: string, data: string | Uint8Array): Promise<void> =>
  writeAtomically(path, (file) => file.writeFile(data));

/** As `writeFileAtomic`, with the content written by `fill`. */
export async function writeAtomically(
  path: string,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const part = partPath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await fillAndSync(part, fill);
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(part, { force: true }).catch(() => {});
    throw asUnwritable(cause, path);
  }
}

/**
 * Makes a folder completely or not at all: `fill` works in a temporary folder beside it, which is
 * then renamed. What already holds files is left alone. @throws KintsugiError OUTPUT_UNWRITABLE
 */
export async function writeFolderAtomic(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const target = resolve(path);
  const part = partPath(target);
  try {
    await refuseOccupied(target);
    await mkdir(part, { recursive: true });
    await fill(part);
    await publishFolder(part, target);
  } catch (cause) {
    await rm(part, { recursive: true, force: true }).catch(() => {});
    throw asUnwritable(unwrapped(cause), target);
  }
}

/**
 * Refuses a path that holds something; an empty folder, which not every system can rename over, is
 * removed. @throws KintsugiError OUTPUT_UNWRITABLE
 */
export async function refuseOccupied(path: string): Promise<void> {
  await rmdir(path)
    .catch(ignoreMissing)
    .catch((cause: unknown) => {
      throw asUnwritable(cause, path);
    });
}

/** Renames a finished folder to `path`, durably. @throws KintsugiError OUTPUT_UNWRITABLE */
export async function publishFolder(folder: string, path: string): Promise<void> {
  try {
    await refuseOccupied(path);
    await syncFolder(folder);
    await rename(folder, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    throw asUnwritable(cause, path);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** A failure to write a file of the temporary folder is about the folder that was asked for. */
const unwrapped = (cause: unknown): unknown =>
  cause instanceof KintsugiError && cause.code === 'OUTPUT_UNWRITABLE' ? cause.cause : cause;

/** A name beside `path` that no other writer uses. */
const partPath = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);

async function fillAndSync(part: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(part, 'wx');
  try {
    await fill(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename durable. Windows can't open folders, and needs no such sync. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something else has this name',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'a folder of its path is gone',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is not a folder',
  ENOTEMPTY: 'it already holds files',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
};

/** A failed write that a person can mend, as OUTPUT_UNWRITABLE; anything else as it is. */
export function asUnwritable(cause: unknown, path: string): unknown {
  const reason = REASONS[(cause as NodeJS.ErrnoException)?.code ?? ''];
  if (reason === undefined || cause instanceof KintsugiError) return cause;
  return new KintsugiError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${reason}`, {
    file: path,
    next: 'Choose another place for the output, or free space and permissions there.',
    cause,
  });
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, lstat, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Repository } from './repository.ts';

/**
 * The cache that Hugging Face's tools share, one folder a repository:
 * `models--org--name/{blobs/<hash>, snapshots/<commit>/<path> → blobs, refs/<revision>}`.
 */
export interface CachedRepository {
  readonly folder: string;
  readonly blobs: string;
  readonly snapshots: string;
  readonly refs: string;
}

export function cachedRepository(cache: string, { kind, name }: Repository): CachedRepository {
  const folder = join(cache, [`${kind}s`, ...name.split('/')].join('--'));
  return {
    folder,
    blobs: join(folder, 'blobs'),
    snapshots: join(folder, 'snapshots'),
    refs: join(folder, 'refs'),
  };
}

const COMMIT = /^[0-9a-f]{40}$/;

/** Folder of the cached revision, or undefined; no socket is opened. */
export function findSnapshot(cache: string, repository: Repository): string | undefined {
  const { snapshots, refs } = cachedRepository(cache, repository);
  const commit = COMMIT.test(repository.revision)
    ? repository.revision
    : readRef(join(refs, repository.revision));
  const folder = commit === undefined ? undefined : join(snapshots, commit);
  return folder !== undefined && existsSync(folder) && readdirSync(folder).length > 0
    ? folder
    : undefined;
}

function readRef(file: string): string | undefined {
  try {
    const commit = readFileSync(file, 'utf8').trim();
    return COMMIT.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** Points a revision at a commit, once the commit's files are there. */
export async function writeRef(
  { refs }: CachedRepository,
  revision: string,
  commit: string,
): Promise<void> {
  if (revision === commit) return;
  const file = join(refs, revision);
  if ((await readFile(file, 'utf8').catch(() => '')) === commit) return;
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  await writeFile(part, commit);
  await rename(part, file);
}

/**
 * Gives a blob its name in a snapshot: a relative link, or where the system makes none, a copy, as
 * Python's tools do.
 */
export async function linkBlob(
  blob: string,
  pointer: string,
  link: typeof symlink = symlink,
): Promise<void> {
  if ((await lstat(pointer).catch(() => undefined)) !== undefined) await rm(pointer);
  await mkdir(dirname(pointer), { recursive: true });
  try {
    await link(relative(dirname(pointer), blob), pointer);
  } catch (error) {
    if (!CANNOT_LINK.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await copyFile(blob, pointer);
  }
}

const CANNOT_LINK = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EACCES', 'EINVAL']);

const INDEX = 'model.safetensors.index.json';

/** Whether a snapshot has a configuration and all the weights that its index names. */
export function isCompleteModel(folder: string): boolean {
  const names = new Set(readdirSync(folder));
  if (!names.has('config.json')) return false;
  if (!names.has(INDEX)) return [...names].some((name) => name.endsWith('.safetensors'));
  try {
    const index = JSON.parse(readFileSync(join(folder, INDEX), 'utf8'));
    const shards = new Set(Object.values(index.weight_map as Record<string, unknown>));
    return shards.size > 0 && [...shards].every((shard) => names.has(String(shard)));
  } catch {
    return false;
  }
}

import { rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type CachedRepoInfo, type CachedRevisionInfo, scanCacheDir } from '@huggingface/hub';
import { cachedRepository } from './cache.ts';
import type { Repository } from './repository.ts';

/** A model of the shared cache, whoever downloaded it. */
export interface CachedModel {
  /** "org/name". */
  readonly name: string;
  readonly commit: string;
  /** Of the newest revision that has weights as safetensors. */
  readonly folder: string;
  /** Of everything that the repository takes on the disk. */
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly modifiedAt: number;
}

/** The cache's models that have safetensors. A cache that was never used has none. */
export async function cachedModels(cache: string): Promise<CachedModel[]> {
  const exists = await stat(cache).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!exists) return [];
  // What it cannot read, other tools left half done: it is no model yet.
  const { repos } = await scanCacheDir(cache);
  return repos.flatMap((repository) => {
    const revision = usableRevision(repository);
    if (repository.id.type !== 'model' || revision === undefined) return [];
    return {
      name: repository.id.name,
      commit: revision.commitOid,
      folder: revision.path,
      bytes: repository.size,
      modifiedAt: repository.lastModifiedAt.getTime(),
    };
  });
}

function usableRevision({ revisions }: CachedRepoInfo): CachedRevisionInfo | undefined {
  const usable = revisions.filter(({ files }) => {
    const names = files.map(({ path }) => basename(path));
    return names.includes('config.json') && names.some((name) => name.endsWith('.safetensors'));
  });
  const byAge = usable.toSorted((a, b) => b.lastModifiedAt.getTime() - a.lastModifiedAt.getTime());
  return byAge.find(({ refs }) => refs.includes('main')) ?? byAge[0];
}

/** Deletes a repository from the cache, all its revisions included. */
export async function deleteCached(cache: string, repository: Repository): Promise<void> {
  const { folder } = cachedRepository(cache, repository);
  await rm(folder, { recursive: true, force: true });
  await rm(join(dirname(folder), '.locks', basename(folder)), { recursive: true, force: true });
}

import { mkdir, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { lockFile } from '../db/lock.ts';
import { cachedRepository, linkBlob, writeRef } from './cache.ts';
import { createHubFetch } from './fetch.ts';
import type { Hub } from './hub.ts';
import { partSize, removePart } from './part-file.ts';
import {
  filesOfDataset,
  filesOfModel,
  findCommit,
  listRepository,
  type Plan,
  type PlannedFile,
} from './plan.ts';
import { fileUrl } from './read-file.ts';
import type { Repository } from './repository.ts';
import { type TransferOptions, transfer } from './transfer.ts';

/** Connections at a time. */
const CONNECTIONS = 3;

/**
 * What a download will fetch. Of a dataset only `paths` where they are given.
 * @throws KintsugiError of createHubFetch, UNSAFE_FORMAT, CHECKPOINT_MISSING
 */
export async function planSnapshot(
  hub: Hub,
  repository: Repository,
  paths?: readonly string[],
): Promise<Plan> {
  const commit = await findCommit(hub, repository);
  const all = await listRepository(hub, repository, commit);
  const files =
    repository.kind === 'model' ? filesOfModel(repository.name, all) : chosen(all, paths);
  return { repository, commit, files };
}

function chosen(all: readonly PlannedFile[], paths: readonly string[] | undefined): PlannedFile[] {
  const data = filesOfDataset(all);
  const files = paths === undefined ? data : data.filter(({ path }) => paths.includes(path));
  if (files.length > 0) return files;
  throw new KintsugiError('HUB_NOT_FOUND', 'The dataset has no such file that can be read.', {
    next: 'Choose a .parquet, .jsonl, .json, .csv or .txt file of it.',
    field: 'paths',
  });
}

export interface SnapshotOptions
  extends Pick<TransferOptions, 'signal' | 'onNotice' | 'stallMs' | 'attempts' | 'retryMs'> {
  /** Told how many bytes of the plan are there. */
  readonly onBytes: (bytes: number) => void;
}

/** The plan's contents, each once: two files with the same bytes are one blob. */
const blobsOf = ({ files }: Plan): PlannedFile[] => [
  ...new Map(files.map((file) => [file.hash.value, file])).values(),
];

export const planBytes = (plan: Plan): number => sum(blobsOf(plan).map(({ size }) => size));

/**
 * Fetches what is missing of the plan, and returns the snapshot's folder.
 * @throws KintsugiError of `transfer`, DISK_INSUFFICIENT before it begins, DOWNLOAD_BUSY
 */
export async function fetchSnapshot(
  hub: Hub,
  plan: Plan,
  { signal, onBytes, ...options }: SnapshotOptions,
): Promise<string> {
  const { cache, endpoint } = hub.settings();
  const { name, revision } = plan.repository;
  const place = cachedRepository(cache, plan.repository);
  await mkdir(place.blobs, { recursive: true });
  const unlock = await lockRepository(cache, place.folder, name);
  try {
    const there = await bytesByBlob(cache, plan);
    requireDisk(planBytes(plan) - sum(there.values()), await freeBytes(cache), cache);
    const folder = join(place.snapshots, plan.commit);
    const fetch = createHubFetch(hub.settings(), { what: name });
    const stop = new AbortController();
    await eachOf(blobsOf(plan), CONNECTIONS, stop, async (file) => {
      const { value } = file.hash;
      const blob = join(place.blobs, value);
      if (!(await isWhole(blob, file)))
        await transfer(
          { ...file, url: fileUrl(endpoint, plan.repository, plan.commit, file.path) },
          blob,
          {
            ...options,
            fetch,
            signal: AbortSignal.any([signal, stop.signal]),
            onBytes(bytes) {
              there.set(value, bytes);
              onBytes(sum(there.values()));
            },
          },
        );
      for (const { path } of plan.files.filter(({ hash }) => hash.value === value))
        await linkBlob(blob, join(folder, path));
    });
    onBytes(planBytes(plan));
    await writeRef(place, revision, plan.commit);
    return folder;
  } catch (error) {
    // What was refused at the first byte leaves no folder behind.
    if ((await presentBytes(cache, plan)) === 0) await discardSnapshot(cache, plan);
    throw error;
  } finally {
    unlock();
  }
}

/** Runs `work` on every item, some at a time; the first failure stops the others. */
async function eachOf<T>(
  items: readonly T[],
  width: number,
  stop: AbortController,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
        waiting.length = 0;
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (failures.length > 0) throw failures[0];
}

async function lockRepository(cache: string, folder: string, name: string): Promise<() => void> {
  // Beside the locks of Python's tools, which scans of the cache leave out.
  const lock = join(cache, '.locks', folder.slice(dirname(folder).length + 1), 'kintsugi.lock');
  await mkdir(dirname(lock), { recursive: true });
  const unlock = lockFile(lock);
  if (unlock !== undefined) return unlock;
  throw new KintsugiError('DOWNLOAD_BUSY', `${name} is being downloaded by another Kintsugi.`, {
    next: 'Wait for it, or stop it there.',
    field: 'id',
  });
}

const isWhole = (blob: string, { size }: PlannedFile): Promise<boolean> =>
  stat(blob).then(
    (stats) => stats.size === size,
    () => false,
  );

/** Bytes that are there of each content of a plan, by hash. */
async function bytesByBlob(cache: string, plan: Plan): Promise<Map<string, number>> {
  const { blobs } = cachedRepository(cache, plan.repository);
  const entries = blobsOf(plan).map(async (file): Promise<[string, number]> => {
    const blob = join(blobs, file.hash.value);
    return [file.hash.value, (await isWhole(blob, file)) ? file.size : await partSize(blob)];
  });
  return new Map(await Promise.all(entries));
}

/** Bytes of a plan that are on this machine, whole files and parts. */
export const presentBytes = async (cache: string, plan: Plan): Promise<number> =>
  sum((await bytesByBlob(cache, plan)).values());

/** Throws away what a download has left unfinished, and the folder when it held nothing else. */
export async function discardSnapshot(cache: string, plan: Plan): Promise<void> {
  const place = cachedRepository(cache, plan.repository);
  for (const { hash } of plan.files) await removePart(join(place.blobs, hash.value));
  const used = await stat(place.refs).catch(() => undefined);
  if (used === undefined) await rm(place.folder, { recursive: true, force: true });
}

async function freeBytes(cache: string): Promise<number> {
  const { bavail, bsize } = await statfs(cache);
  return bavail * bsize;
}

function requireDisk(needed: number, free: number, folder: string): void {
  if (needed <= free) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new KintsugiError(
    'DISK_INSUFFICIENT',
    `The download needs ${gigabytes(needed)} more; ${gigabytes(free)} are free.`,
    {
      next: 'Free some space, or name another disk with HF_HUB_CACHE.',
      file: folder,
      field: 'disk',
    },
  );
}

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

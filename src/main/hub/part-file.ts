import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';

/** What the bytes must hash to. A repository's small files are known by git's hash of a blob. */
export interface ContentHash {
  readonly algorithm: 'sha256' | 'git';
  /** Lower-case hex. */
  readonly value: string;
}

/** Where an unfinished file lies beside `target`. */
export const partPath = (target: string): string => `${target}.kintsugi-part`;
const etagPath = (target: string): string => `${partPath(target)}.etag`;

interface Found {
  readonly file: FileHandle;
  readonly hash: Hash;
  readonly size: number;
  readonly etag: string | undefined;
}

export type OpenFile = (path: string, flags: string) => Promise<FileHandle>;

/**
 * An unfinished download. It survives the process: what is on the disk is hashed when it is opened
 * again, and goes on from there. Its owner holds the repository's lock.
 */
export class PartFile {
  readonly #target: string;
  readonly #file: FileHandle;
  readonly #expected: ContentHash;
  readonly #total: number;
  #hash: Hash;
  #size: number;
  #etag: string | undefined;

  private constructor(target: string, expected: ContentHash, total: number, found: Found) {
    this.#target = target;
    this.#expected = expected;
    this.#total = total;
    this.#file = found.file;
    this.#hash = found.hash;
    this.#size = found.size;
    this.#etag = found.etag;
  }

  /** @param total bytes of the whole file */
  static async open(
    target: string,
    expected: ContentHash,
    total: number,
    openFile: OpenFile = open,
  ): Promise<PartFile> {
    await mkdir(dirname(target), { recursive: true });
    const path = partPath(target);
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    const hash = startHash(expected, total);
    const usable = size > 0 && size <= total;
    if (!usable)
      return new PartFile(target, expected, total, {
        file: await openFile(path, 'w'),
        hash,
        size: 0,
        etag: undefined,
      });
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    const etag = await readFile(etagPath(target), 'utf8').catch(() => undefined);
    const file = await openFile(path, 'r+');
    return new PartFile(target, expected, total, { file, hash, size, etag });
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#size;
  }

  /** Of the version that the bytes are of; undefined when the server named none. */
  get etag(): string | undefined {
    return this.#etag;
  }

  async setEtag(etag: string | undefined): Promise<void> {
    if (etag === this.#etag) return;
    this.#etag = etag;
    if (etag === undefined) await rm(etagPath(this.#target), { force: true });
    else await writeFile(etagPath(this.#target), etag);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#size);
      this.#hash.update(bytes.subarray(done, done + bytesWritten));
      done += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  async restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#size = 0;
    this.#hash = startHash(this.#expected, this.#total);
    await this.setEtag(undefined);
  }

  /** Whether the bytes are those that the hub listed. */
  isSound(): boolean {
    return this.#size === this.#total && this.#hash.copy().digest('hex') === this.#expected.value;
  }

  /** Makes the bytes durable, then gives them their name. */
  async finish(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
    await rename(partPath(this.#target), this.#target);
    await rm(etagPath(this.#target), { force: true });
    await syncFolder(dirname(this.#target));
  }

  /** Leaves the bytes for another time. */
  async leave(): Promise<void> {
    await this.#file.sync().catch(() => {});
    await this.#file.close().catch(() => {});
  }
}

/** Bytes of an unfinished file. */
export const partSize = (target: string): Promise<number> =>
  stat(partPath(target)).then(
    ({ size }) => size,
    () => 0,
  );

export async function removePart(target: string): Promise<void> {
  await rm(partPath(target), { force: true });
  await rm(etagPath(target), { force: true });
}

function startHash({ algorithm }: ContentHash, total: number): Hash {
  return algorithm === 'sha256'
    ? createHash('sha256')
    : createHash('sha1').update(`blob ${total}\0`);
}

/** Makes the rename durable. Windows can't open folders, and needs no such sync. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * sha256 (hex) over the files of a folder: sorted relative names, sizes and bytes.
 * @param except relative names to leave out
 */
export async function hashFolder(folder: string, except: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256');
  const names = await readdir(folder, { recursive: true });
  for (const name of names.map((name) => name.replaceAll('\\', '/')).sort()) {
    const { size, isFile } = await describe(join(folder, name));
    if (!isFile || except.includes(name)) continue;
    hash.update(`${name}\0${size}\0`);
    await updateFromFile(hash, join(folder, name));
  }
  return hash.digest('hex');
}

/** Bytes of all files in a folder. */
export async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map((name) => describe(join(folder, name))));
  return sizes.reduce((sum, { size, isFile }) => sum + (isFile ? size : 0), 0);
}

async function describe(path: string) {
  const stats = await lstat(path);
  return { size: stats.size, isFile: stats.isFile() };
}

async function updateFromFile(hash: Hash, path: string): Promise<void> {
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
}

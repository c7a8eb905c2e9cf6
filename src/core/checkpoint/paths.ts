import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

/**
 * A folder opened to names that come from files in it. Names are plain: a name with a folder in it,
 * and a symbolic link that leaves the folder, lead outside.
 */
export interface Folder {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** The real path of a file or folder directly in this one, or undefined when it leads outside. */
  inside(name: string): Promise<string | undefined>;
  /** A folder directly in this one, bounded by the same outermost folder; or undefined. */
  folder(name: string): Promise<Folder | undefined>;
}

/** @throws the file system's error when the folder or, later, the named file can't be reached */
export async function openFolder(dir: string): Promise<Folder> {
  const path = await realpath(dir);
  return folderWithin(path, [path, ...hubBlobs(path)]);
}

const folderWithin = (path: string, roots: readonly string[]): Folder => ({
  path,
  async inside(name) {
    if (!isPlainName(name)) return undefined;
    const real = await realpath(join(path, name));
    return roots.some((root) => isBelow(root, real)) ? real : undefined;
  },
  async folder(name) {
    const real = await this.inside(name);
    return real === undefined ? undefined : folderWithin(real, roots);
  },
});

/** A name that means a child of its folder on every system. */
const isPlainName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !/[/\\:\0]/.test(name);

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way.split(sep)[0] !== '..' && resolve(root, way) === path;
}

/** In the hub's cache `<repository>/snapshots/<commit>/` is links into `<repository>/blobs/`. */
function hubBlobs(path: string): string[] {
  const snapshots = dirname(path);
  return basename(snapshots) === 'snapshots' ? [join(dirname(snapshots), 'blobs')] : [];
}

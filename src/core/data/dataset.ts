import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { formatOf, ROW_FORMATS } from './rows.ts';

/** Part of a dataset: files are found by these names in their paths, as the datasets library does. */
export interface DatasetPart {
  /** A folder of the dataset, or the beginning of its files' names; undefined takes the only one. */
  readonly config?: string | undefined;
  readonly split: string;
}

const SPLIT_WORDS: Readonly<Record<string, readonly string[]>> = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'dev', 'val'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};

/** Folders of a dataset that stand for no configuration. */
const COMMON = ['data', 'default', 'raw', 'files'];

/**
 * Those of a dataset's paths (`/` between folders) that hold one split of one configuration, in the
 * order of their names; empty when there are none. Of several formats, Parquet alone is taken.
 */
export function matchDataFiles(
  paths: readonly string[],
  { config, split }: DatasetPart,
): readonly string[] {
  const words = SPLIT_WORDS[split] ?? [split];
  const data = paths.filter((path) => ROW_FORMATS.includes(formatOf(path)));
  const ofConfig = config === undefined ? data : inConfig(data, config);
  const ofSplit = ofConfig.filter((path) => partsOf(path).some((part) => words.includes(part)));
  const parquet = ofSplit.filter((path) => formatOf(path) === '.parquet');
  return (parquet.length > 0 ? parquet : ofSplit).toSorted();
}

/** The configuration's own folder or, in a dataset without any such folder, every file. */
function inConfig(paths: readonly string[], config: string): readonly string[] {
  const folders = paths.filter((path) => path.split('/').slice(0, -1).includes(config));
  if (folders.length > 0) return folders;
  return paths.filter((path) =>
    path
      .split('/')
      .slice(0, -1)
      .every((folder) => COMMON.includes(folder) || folder in SPLIT_WORDS),
  );
}

/** The words of a path: `data/train-00000-of-00001.parquet` has data, train, of and parquet. */
const partsOf = (path: string): string[] => path.split(/[-._ 0-9/]+/);

const NEXT = 'Download the dataset into that folder in the layout that it has on the hub.';

/**
 * Files of one split of a dataset in a local folder. @throws KintsugiError DATA_INVALID when there
 * are none
 */
export async function datasetFiles(folder: string, part: DatasetPart): Promise<string[]> {
  const found = await readdir(folder, { recursive: true }).catch((cause: Error) => {
    throw missing(folder, `cannot be read (${cause.message})`);
  });
  const paths = found.map((path) => path.replaceAll('\\', '/'));
  const files = preferExact(matchDataFiles(paths, part), part);
  if (files.length > 0) return files.map((path) => join(folder, path));
  const of = part.config === undefined ? '' : ` of "${part.config}"`;
  throw missing(folder, `has no .parquet, .jsonl or .csv file for the split "${part.split}"${of}`);
}

/** `lambada_test.jsonl` before `lambada_test_de.jsonl`: a split's name ends the name, or a number does. */
function preferExact(paths: readonly string[], { split }: DatasetPart): readonly string[] {
  const words = SPLIT_WORDS[split] ?? [split];
  const exact = paths.filter((path) => {
    const parts = partsOf(path.replace(/(\.[a-z]+)+$/i, '').replace(/[-_]of[-_]?\d+$/, ''));
    return words.includes(parts.filter((word) => word !== '').at(-1) ?? '');
  });
  return exact.length > 0 ? exact : paths;
}

/**
 * The local folder of a hub dataset: `ROOT/org/name`, `ROOT/name`, or as the hub's cache keeps it.
 * @throws KintsugiError DATA_INVALID
 */
export async function findDataset(root: string, id: string): Promise<string> {
  const cached = join(root, `datasets--${id.replace('/', '--')}`);
  for (const folder of [join(root, id), join(root, basename(id)), await snapshot(cached)]) {
    if (folder !== undefined && (await isFolder(folder))) return folder;
  }
  throw missing(root, `has no dataset ${id}`, downloadOf(id));
}

/** The commit that `main` stood at when the dataset was downloaded, or the only one there is. */
async function snapshot(cached: string): Promise<string | undefined> {
  const commits = await readdir(join(cached, 'snapshots')).catch(() => []);
  const main = await readFile(join(cached, 'refs', 'main'), 'utf8').catch(() => '');
  const commit = commits.find((name) => name === main.trim()) ?? commits[0];
  return commit === undefined ? undefined : join(cached, 'snapshots', commit);
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const downloadOf = (id: string) =>
  `Download it: in the window with “find a dataset on the hub”, or by ` +
  `"kintsugi models download ${id} --dataset", with --file for some of its files.`;

const missing = (folder: string, message: string, next = NEXT): KintsugiError =>
  new KintsugiError('DATA_INVALID', `The folder ${folder} ${message}.`, { file: folder, next });

/** Names of the folders directly in one. */
export async function listFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

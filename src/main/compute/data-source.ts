import { stat } from 'node:fs/promises';
import {
  type DatasetPart,
  datasetFiles,
  findDataset,
  matchDataFiles,
} from '../../core/data/dataset.ts';
import { hubSettings } from '../hub/settings.ts';
import { starter } from './starter.ts';

/** A dataset of the hub, as sources name it. */
const HUB = 'hub:';
const SPLITS: readonly string[] = ['train', 'validation', 'test'];

/** Where downloads are, shared with Hugging Face's tools. */
export const hubCache = (): string => hubSettings().cache;

/**
 * The files of a source of text or examples: a file, or the split of a dataset that is on this
 * machine: `FOLDER[:config][:split]` or `hub:org/name[:config][:split]`; train by default.
 * @throws KintsugiError DATA_INVALID
 */
export async function sourceFiles(source: string): Promise<string[]> {
  const dataset = hubDataset(source);
  if (dataset) return datasetFiles(await findDataset(hubCache(), dataset.id), dataset.part);
  for (const [path, part] of readings(source)) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) return datasetFiles(path, partOf(part));
    // A file has no parts; one that is not there is refused when it is opened.
    if (found && part.length === 0) return [source];
  }
  return [source];
}

/** Of a dataset's paths, the first that holds `part`. */
export const firstFileOf = (paths: readonly string[], part: DatasetPart): string | undefined =>
  matchDataFiles(paths, part)[0];

/** The dataset of the hub that a source names, or undefined for one that is not of the hub. */
export function hubDataset(source: string): { id: string; part: DatasetPart } | undefined {
  if (!source.startsWith(HUB)) return undefined;
  const [id = '', ...part] = source.slice(HUB.length).split(':');
  return { id, part: partOf(part) };
}

/** A path may hold colons: the whole first, then without its last part or two. */
function readings(source: string): [path: string, part: string[]][] {
  const pieces = source.split(':');
  return [0, 1, 2]
    .filter((parts) => parts < pieces.length)
    .map((parts) => [
      pieces.slice(0, pieces.length - parts).join(':'),
      pieces.slice(pieces.length - parts),
    ]);
}

/** Of a single name, one that splits have is a split. */
function partOf(names: readonly string[]): { config?: string; split: string } {
  const [first, second] = names;
  if (first === undefined || first === '') return { split: second || 'train' };
  if (second !== undefined) return { config: first, split: second };
  return SPLITS.includes(first) ? { split: first } : { config: first, split: 'train' };
}

/** The files that a recipe calibrates on. @throws as sourceFiles */
export const calibrationFiles = async (source: string): Promise<string[]> =>
  source === 'starter' ? [starter.calibrationText] : sourceFiles(source);

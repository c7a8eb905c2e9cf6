import { datasetInfo, type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub';
import { KintsugiError } from '../../shared/errors.ts';
import type { Hub } from './hub.ts';
import type { ContentHash } from './part-file.ts';
import type { Repository } from './repository.ts';

export interface PlannedFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly size: number;
  readonly hash: ContentHash;
}

/** What is fetched of a repository: its files at one commit. */
export interface Plan {
  readonly repository: Repository;
  readonly commit: string;
  readonly files: readonly PlannedFile[];
}

/** The commit that a revision stands for. @throws KintsugiError of createHubFetch */
export async function findCommit(hub: Hub, { kind, name, revision }: Repository): Promise<string> {
  const params = { name, revision, ...hub.access(name) };
  const { sha } =
    kind === 'model'
      ? await modelInfo({ ...params, additionalFields: ['sha'] })
      : await datasetInfo({ ...params, additionalFields: ['sha'] });
  if (/^[0-9a-f]{40}$/.test(sha)) return sha;
  throw unreadable('its commit');
}

/** All files of a repository at a commit. @throws KintsugiError of createHubFetch */
export async function listRepository(
  hub: Hub,
  { kind, name }: Repository,
  commit: string,
): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  const recursive = kind === 'dataset';
  const repo = { type: kind, name };
  for await (const entry of listFiles({ repo, revision: commit, recursive, ...hub.access(name) }))
    if (entry.type === 'file') files.push(plannedFile(entry));
  return files;
}

function plannedFile({ path, size, oid, lfs }: ListFileEntry): PlannedFile {
  const hash: ContentHash =
    lfs === undefined
      ? { algorithm: 'git', value: oid ?? '' }
      : { algorithm: 'sha256', value: lfs.oid.replace(/^sha256:/, '') };
  const bytes = lfs?.size ?? size;
  const plain =
    Number.isSafeInteger(bytes) &&
    bytes >= 0 &&
    /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash.value) &&
    isInside(path);
  if (!plain) throw unreadable(path.slice(0, 200));
  return { path, size: bytes, hash };
}

/** The path comes from the repository and names a place in the cache. */
const isInside = (path: string): boolean =>
  path.length < 1000 &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') &&
  !/[\\:\0]/.test(path);

const unreadable = (what: string): KintsugiError =>
  new KintsugiError('HUB_FAILED', `The hub’s answer cannot be understood: ${what}.`, {
    next: 'Check HF_ENDPOINT, and that nothing between here and the hub interferes.',
  });

const SMALL_FILES = new Set([
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'config.json',
  'generation_config.json',
  'merges.txt',
  'quantize_config.json',
  'special_tokens_map.json',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'vocab.json',
]);
const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const SHARD = /^model-\d+-of-\d+\.safetensors$/;
const PICKLE = /\.(bin|pt|pth|ckpt|pkl)$/i;

/**
 * The files of a model that running it needs: configuration, tokenizer, safetensors.
 * @throws KintsugiError UNSAFE_FORMAT, CHECKPOINT_MISSING for a repository without such weights
 */
export function filesOfModel(name: string, files: readonly PlannedFile[]): PlannedFile[] {
  const has = (path: string) => files.some((file) => file.path === path);
  if (!has('config.json')) throw notAModel(`${name} has no config.json, so it is no model`);
  const weights = weightsOf(files);
  if (weights.length > 0) return [...files.filter(({ path }) => SMALL_FILES.has(path)), ...weights];
  const pickle = files.find(({ path }) => PICKLE.test(path));
  if (pickle === undefined) throw notAModel(`${name} has no weights as safetensors`);
  throw new KintsugiError(
    'UNSAFE_FORMAT',
    `${name} has its weights only as ${pickle.path}, a Python pickle, which can run any program when it is opened.`,
    {
      next: 'Not safe; convert to safetensors, or look for a copy of the model that has them.',
      field: pickle.path,
    },
  );
}

/** As the checkpoint's reader chooses: one file, an index with its shards, or the only one there is. */
function weightsOf(files: readonly PlannedFile[]): PlannedFile[] {
  const all = files.filter(({ path }) => path.endsWith('.safetensors') && !path.includes('/'));
  const single = all.filter(({ path }) => path === SINGLE);
  if (single.length > 0) return single;
  if (files.some(({ path }) => path === INDEX))
    return files.filter(({ path }) => path === INDEX || SHARD.test(path));
  return all.length === 1 ? all : [];
}

const notAModel = (message: string): KintsugiError =>
  new KintsugiError('CHECKPOINT_MISSING', `${message}.`, {
    next: 'Choose a model with safetensors: the search says which have them.',
    field: 'id',
  });

const DATA = /\.(parquet|(jsonl|json|txt|csv)(\.gz)?)$/i;

/** The files of a dataset that the readers understand. */
export const filesOfDataset = (files: readonly PlannedFile[]): PlannedFile[] =>
  files.filter(({ path }) => DATA.test(path) && !path.split('/').at(-1)!.startsWith('.'));

import {
  type DatasetEntry,
  datasetInfo,
  listDatasets,
  listModels,
  type ModelEntry,
  modelInfo,
} from '@huggingface/hub';
import type { HubEntry, HubKind } from '../../shared/contract/hub.ts';
import type { Hub } from './hub.ts';
import { listRepository, type PlannedFile } from './plan.ts';
import type { Repository } from './repository.ts';

/** What the search can tell; whether the architecture is supported is the engine's to say. */
export type Entry = Omit<HubEntry, 'supported'>;

const MODEL_FIELDS = ['cardData', 'config', 'safetensors', 'tags', 'sha'] as const;
const DATASET_FIELDS = ['cardData', 'tags', 'sha'] as const;

type FoundModel = ModelEntry & {
  readonly cardData?: unknown;
  readonly config?: unknown;
  readonly safetensors?: { readonly total?: number } | undefined;
  readonly tags?: readonly string[];
  readonly sha?: string;
};
type FoundDataset = DatasetEntry & Pick<FoundModel, 'cardData' | 'tags' | 'sha'>;

/** The most downloaded repositories whose names hold the query. @throws KintsugiError of createHubFetch */
export async function searchHub(
  hub: Hub,
  kind: HubKind,
  query: string,
  limit: number,
): Promise<{ readonly entries: readonly Entry[]; readonly more: boolean }> {
  // One more than is shown tells whether there are more.
  const params = {
    search: { query },
    sort: 'downloads',
    limit: limit + 1,
    ...hub.access('the search'),
  } as const;
  const entries: Entry[] = [];
  if (kind === 'model')
    for await (const found of listModels({ ...params, additionalFields: [...MODEL_FIELDS] }))
      entries.push(modelEntry(found as FoundModel));
  else
    for await (const found of listDatasets({ ...params, additionalFields: [...DATASET_FIELDS] }))
      entries.push(datasetEntry(found as FoundDataset));
  return { entries: entries.slice(0, limit), more: entries.length > limit };
}

export interface Details {
  readonly entry: Entry;
  readonly commit: string;
  readonly files: readonly PlannedFile[];
}

/** One repository with its files. @throws KintsugiError of createHubFetch */
export async function describeRepository(hub: Hub, repository: Repository): Promise<Details> {
  const { kind, name, revision } = repository;
  const params = { name, revision, ...hub.access(name) };
  const found =
    kind === 'model'
      ? await modelInfo({ ...params, additionalFields: [...MODEL_FIELDS] })
      : await datasetInfo({ ...params, additionalFields: [...DATASET_FIELDS] });
  const entry =
    kind === 'model' ? modelEntry(found as FoundModel) : datasetEntry(found as FoundDataset);
  const commit = found.sha;
  return { entry, commit, files: await listRepository(hub, repository, commit) };
}

function modelEntry(found: FoundModel): Entry {
  const config = found.config as { architectures?: unknown } | undefined;
  const [architecture] = Array.isArray(config?.architectures) ? config.architectures : [];
  const total = found.safetensors?.total;
  return {
    ...commonEntry(found),
    architecture: typeof architecture === 'string' ? architecture.slice(0, 100) : null,
    parameters: typeof total === 'number' && Number.isFinite(total) ? total : null,
    safetensors: total !== undefined || (found.tags ?? []).includes('safetensors'),
  };
}

const datasetEntry = (found: FoundDataset): Entry => ({
  ...commonEntry(found),
  architecture: null,
  parameters: null,
  safetensors: false,
});

function commonEntry({ name, downloads, likes, updatedAt, gated, cardData }: FoundDataset) {
  return {
    id: name,
    downloads: downloads ?? 0,
    likes: likes ?? 0,
    updatedAt: Number(updatedAt) || 0,
    gated: Boolean(gated),
    licence: licenceOf(cardData),
  };
}

/** Authors write one or several, or anything. */
function licenceOf(card: unknown): string | null {
  const { license, license_name: name } = (card ?? {}) as Record<string, unknown>;
  const shown = license === 'other' && typeof name === 'string' ? name : license;
  const text = Array.isArray(shown) ? shown.join(', ') : shown;
  return typeof text === 'string' && text !== '' ? text.slice(0, 60) : null;
}

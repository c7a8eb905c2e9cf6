import { existsSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type {
  LibraryModel,
  Library as Listing,
  ModelReport,
} from '../../shared/contract/library.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { deleteModelRow, listModelRows, putModelRow } from '../db/models.ts';
import type { Store } from '../db/open.ts';
import { listRuns } from '../db/runs.ts';
import type { ModelRow } from '../db/schema.ts';
import { cachedModels, deleteCached } from './cached-models.ts';
import type { Hub } from './hub.ts';
import { isRepositoryId, parseRepository } from './repository.ts';

/** How long a model stays in the bin, in milliseconds. */
const BIN_TIME = 30 * 24 * 3600 * 1000;

/** Looks at a folder: its headers only, or all of it. */
export type Recognise = (folder: string, depth: 'headers' | 'all') => Promise<ModelReport>;

export interface Library {
  /** Those that can be used, or those in the bin; what was long in the bin is deleted. */
  list(removed: boolean): Promise<Listing>;
  /** @throws KintsugiError the folder's first problem */
  import(folder: string): Promise<LibraryModel>;
  /** @throws KintsugiError MODEL_NOT_FOUND, MODEL_IN_USE */
  remove(model: string): Promise<void>;
  restore(model: string): Promise<void>;
  /** Deletes for good; answers the bytes that are free again. @throws as `remove` */
  erase(model: string): Promise<number>;
  emptyBin(): Promise<number>;
}

interface Shelf {
  readonly hub: Hub;
  readonly db: Store['db'];
  readonly recognise: Recognise;
  readonly starter: string;
}

/** The models of this machine: the starter, the shared cache's, and folders that were added. */
export function openLibrary(shelf: Shelf): Library {
  const { hub, db, recognise } = shelf;
  const all = () => findAll(shelf);

  const find = async (model: string): Promise<Found> => {
    const same = (found: Found) =>
      found.model === model || (isRepositoryId(model) && nameOf(found.model) === nameOf(model));
    const found = (await all()).find(same);
    if (found !== undefined && found.kind !== 'starter') return found;
    if (found !== undefined)
      throw new KintsugiError('ARGUMENT_INVALID', 'The starter model comes with the program.', {
        next: 'Name one that was downloaded or added.',
        field: 'model',
      });
    throw new KintsugiError('MODEL_NOT_FOUND', `"${model}" is not in the library.`, {
      next: 'See the list of models ("kintsugi models list"), and name one as it stands there.',
      field: 'model',
    });
  };

  const erase = async (model: string): Promise<number> => {
    const { kind, model: known, bytes } = await find(model);
    await requireUnused(db, known);
    if (kind === 'folder') {
      // Its files are not ours, and without the row it would come back with the runs that used it.
      await putModelRow(db, known, { removed_at: Date.now() });
      return 0;
    }
    await deleteCached(hub.settings().cache, parseRepository(known));
    await deleteModelRow(db, known);
    return bytes;
  };

  const eraseWhere = async (due: (removedAt: number) => boolean): Promise<number> => {
    let freed = 0;
    for (const { model, kind, removedAt } of await all())
      if (kind === 'hub' && removedAt !== null && due(removedAt)) freed += await erase(model);
    return freed;
  };

  return {
    async list(removed) {
      await eraseWhere((at) => Date.now() - at > BIN_TIME);
      const found = (await all()).filter(({ removedAt }) => (removedAt !== null) === removed);
      const { cache } = hub.settings();
      return {
        models: await Promise.all(found.map((one) => describe(one, recognise))),
        cache,
        free: await freeBytes(cache),
      };
    },
    async import(path) {
      const folder = resolve(path);
      const report = await recognise(folder, 'all');
      const [problem] = report.problems;
      if (problem !== undefined) {
        const { code, message, ...context } = problem;
        throw new KintsugiError(code as KintsugiError['code'], message, context);
      }
      const addedAt = Date.now();
      await putModelRow(db, folder, { added_at: addedAt, removed_at: null });
      const row = { model: folder, added_at: addedAt, removed_at: null };
      return { ...(await folderModel(folder, row, null)), report };
    },
    async remove(model) {
      const found = await find(model);
      await requireUnused(db, found.model);
      await putModelRow(db, found.model, { removed_at: Date.now() });
    },
    async restore(model) {
      await putModelRow(db, (await find(model)).model, { removed_at: null });
    },
    erase,
    emptyBin: () => eraseWhere(() => true),
  };
}

type Found = Omit<LibraryModel, 'report'>;

const nameOf = (model: string): string => model.split('@')[0]!;

/** When each model was last used by a run. */
async function usesOf(db: Store['db']): Promise<ReadonlyMap<string, number>> {
  const uses = new Map<string, number>();
  for (const { recipe, createdAt } of await listRuns(db)) {
    const model = (recipe as { model?: unknown } | null)?.model;
    if (typeof model === 'string') uses.set(model, Math.max(uses.get(model) ?? 0, createdAt));
  }
  return uses;
}

async function findAll({ hub, db, starter }: Shelf): Promise<Found[]> {
  const rows = new Map((await listModelRows(db)).map((row) => [row.model, row]));
  const uses = await usesOf(db);
  const lastUsed = (model: string) => uses.get(model) ?? null;
  const cached = (await cachedModels(hub.settings().cache)).map((one): Found => {
    const model = `${one.name}@${one.commit}`;
    const removedAt = rows.get(model)?.removed_at ?? null;
    const { name, folder, bytes, modifiedAt: addedAt } = one;
    const use = lastUsed(model) ?? lastUsed(name);
    return { model, name, kind: 'hub', folder, bytes, addedAt, removedAt, lastUsed: use };
  });
  // Folders that were added, and those that runs here have used.
  const names = new Set([
    ...[...rows.values()].filter(({ added_at }) => added_at !== null).map(({ model }) => model),
    ...[...uses.keys()].filter((model) => isAbsolute(model) && existsSync(model)),
  ]);
  return [
    {
      model: 'starter',
      name: 'Starter model',
      kind: 'starter',
      folder: starter,
      bytes: await folderBytes(starter),
      addedAt: null,
      removedAt: null,
      lastUsed: lastUsed('starter'),
    },
    ...(await Promise.all(
      [...names].map((model) => folderModel(model, rows.get(model), lastUsed(model))),
    )),
    ...cached,
  ];
}

async function folderModel(
  folder: string,
  row: ModelRow | undefined,
  lastUsed: number | null,
): Promise<Found> {
  return {
    model: folder,
    name: basename(folder),
    kind: 'folder',
    folder: existsSync(folder) ? folder : null,
    bytes: await folderBytes(folder),
    addedAt: row?.added_at ?? null,
    removedAt: row?.removed_at ?? null,
    lastUsed,
  };
}

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch((): string[] => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (stats) => (stats.isFile() ? stats.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function describe(found: Found, recognise: Recognise): Promise<LibraryModel> {
  return { ...found, report: await recognise(found.folder ?? found.model, 'headers') };
}

const UNFINISHED = new Set(['queued', 'running', 'paused', 'interrupted']);

async function requireUnused(db: Store['db'], model: string): Promise<void> {
  const user = (await listRuns(db)).find(
    ({ status, recipe }) =>
      UNFINISHED.has(status) && (recipe as { model?: unknown } | null)?.model === model,
  );
  if (user === undefined) return;
  throw new KintsugiError('MODEL_IN_USE', `The run “${user.name || user.id}” still needs it.`, {
    next: 'Finish or cancel that run first.',
    field: 'model',
  });
}

/** Of the disk that holds the folder, or will. */
async function freeBytes(folder: string): Promise<number> {
  const there = await statfs(folder).catch(() => undefined);
  if (there !== undefined) return there.bavail * there.bsize;
  const parent = dirname(folder);
  return parent === folder ? 0 : freeBytes(parent);
}

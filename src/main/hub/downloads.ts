import { randomUUID } from 'node:crypto';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { Download } from '../../shared/contract/hub.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { deleteDownloadRow, listDownloadRows, putDownloadRow } from '../db/downloads.ts';
import { putModelRow } from '../db/models.ts';
import type { Store } from '../db/open.ts';
import type { DownloadRow } from '../db/schema.ts';
import { reportError } from '../report-error.ts';
import type { Hub } from './hub.ts';
import type { Plan } from './plan.ts';
import { createPace } from './rate.ts';
import type { Repository } from './repository.ts';
import {
  discardSnapshot,
  fetchSnapshot,
  planBytes,
  planSnapshot,
  presentBytes,
  type SnapshotOptions,
} from './snapshot.ts';

/** Repositories at a time. */
const WIDTH = 2;

/** The downloads of the workbench; they go on without a screen, and after a restart when asked. */
export interface Downloads {
  /** Newest first. */
  list(): readonly Download[];
  /** Goes on with one that was begun before. @throws KintsugiError of planSnapshot */
  start(repository: Repository, paths?: readonly string[]): Promise<Download>;
  /** @throws KintsugiError DOWNLOAD_NOT_FOUND, as the others */
  pause(id: string): Promise<Download>;
  resume(id: string): Promise<Download>;
  /** Throws away what has arrived; one that is done only leaves the list. */
  cancel(id: string): Promise<void>;
  /** Returns the function that stops listening. */
  onChange(listener: () => void): () => void;
  /** Pauses what runs. */
  close(): Promise<void>;
}

interface Entry {
  readonly id: string;
  readonly plan: Plan;
  readonly createdAt: number;
  status: DownloadRow['status'];
  bytes: number;
  error: ErrorReport | null;
  notices: string[];
  folder: string | null;
  readonly pace: ReturnType<typeof createPace>;
  /** Settles when nothing is written any more. */
  working: Promise<void>;
}

type Running = Pick<SnapshotOptions, 'stallMs' | 'attempts' | 'retryMs'>;

export async function openDownloads(
  hub: Hub,
  db: Store['db'],
  options: Running = {},
): Promise<Downloads> {
  const entries = new Map<string, Entry>();
  const stops = new Map<string, AbortController>();
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const save = async (entry: Entry): Promise<void> => {
    await putDownloadRow(db, toRow(entry));
    changed();
  };
  for (const row of await listDownloadRows(db)) {
    const entry = await fromRow(hub, row);
    entries.set(row.id, entry);
  }

  const find = (id: string): Entry => {
    const entry = entries.get(id);
    if (entry !== undefined) return entry;
    throw new KintsugiError('DOWNLOAD_NOT_FOUND', `There is no download "${id}".`, {
      next: 'Open the list of downloads; it may have been cancelled.',
      field: 'id',
    });
  };

  const run = async (entry: Entry, stop: AbortController): Promise<void> => {
    entry.status = 'running';
    entry.error = null;
    await save(entry);
    try {
      entry.folder = await fetchSnapshot(hub, entry.plan, {
        ...options,
        signal: stop.signal,
        onBytes(bytes) {
          entry.bytes = bytes;
          entry.pace.add(bytes);
          changed();
        },
        onNotice: (text) => void entry.notices.push(text),
      });
      entry.status = 'done';
    } catch (error) {
      entry.status = stop.signal.aborted ? 'paused' : 'failed';
      if (!stop.signal.aborted) entry.error = reportError(error);
    }
  };

  /** Starts those that wait, as many as there is room for. */
  const pump = (): void => {
    const waiting = [...entries.values()].filter(({ status }) => status === 'queued');
    for (const entry of waiting.slice(0, Math.max(0, WIDTH - stops.size))) {
      const stop = new AbortController();
      stops.set(entry.id, stop);
      entry.working = run(entry, stop).finally(async () => {
        stops.delete(entry.id);
        if (entries.has(entry.id)) await save(entry);
        pump();
      });
      // A database that can't be written is told where it is opened.
      entry.working.catch(() => {});
    }
  };

  const queue = async (entry: Entry): Promise<Download> => {
    if (entry.status === 'paused' || entry.status === 'failed') {
      entry.status = 'queued';
      await save(entry);
    }
    pump();
    return describe(entry);
  };

  const halt = async (entry: Entry): Promise<void> => {
    stops.get(entry.id)?.abort(new Error('paused'));
    if (entry.status === 'queued') entry.status = 'paused';
    await entry.working.catch(() => {});
  };

  return {
    list: () => [...entries.values()].map(describe).reverse(),
    async start(repository, paths) {
      const plan = await planSnapshot(hub, repository, paths);
      if (repository.kind === 'model') await putModelRow(db, modelOf(plan), { removed_at: null });
      const same = [...entries.values()].find((entry) => isSame(entry.plan, plan));
      if (same !== undefined && same.status !== 'done') return queue(same);
      if (same !== undefined) entries.delete(same.id);
      if (same !== undefined) await deleteDownloadRow(db, same.id);
      const entry = newEntry(plan, await presentBytes(hub.settings().cache, plan));
      entries.set(entry.id, entry);
      await save(entry);
      pump();
      return describe(entry);
    },
    async pause(id) {
      const entry = find(id);
      await halt(entry);
      await save(entry);
      return describe(entry);
    },
    resume: (id) => queue(find(id)),
    async cancel(id) {
      const entry = find(id);
      await halt(entry);
      entries.delete(id);
      if (entry.status !== 'done') await discardSnapshot(hub.settings().cache, entry.plan);
      await deleteDownloadRow(db, id);
      changed();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      for (const entry of entries.values()) if (entry.status === 'queued') entry.status = 'paused';
      await Promise.all([...entries.values()].map(halt));
    },
  };
}

const modelOf = ({ repository, commit }: Plan): string => `${repository.name}@${commit}`;

const isSame = (a: Plan, b: Plan): boolean =>
  a.repository.kind === b.repository.kind &&
  modelOf(a) === modelOf(b) &&
  JSON.stringify(a.files) === JSON.stringify(b.files);

const newEntry = (plan: Plan, bytes: number): Entry => ({
  id: randomUUID(),
  plan,
  createdAt: Date.now(),
  status: 'queued',
  bytes,
  error: null,
  notices: [],
  folder: null,
  pace: createPace(),
  working: Promise.resolve(),
});

function describe(entry: Entry): Download {
  const { id, plan, status, bytes, error, notices, createdAt, folder } = entry;
  const { kind, name } = plan.repository;
  const total = planBytes(plan);
  const pace = status === 'running' ? entry.pace.of(total) : { rate: null, secondsLeft: null };
  const model = status === 'done' && kind === 'model' ? modelOf(plan) : null;
  const shown = { id, kind, name, status, bytes, total, ...pace, error };
  return { ...shown, notices: [...notices], createdAt, folder, model };
}

function toRow(entry: Entry): DownloadRow {
  const { id, status, plan, error, notices, folder, createdAt } = entry;
  return {
    id,
    status,
    plan: JSON.stringify(plan),
    error: error === null ? null : JSON.stringify(error),
    notices: JSON.stringify(notices),
    folder,
    created_at: createdAt,
  };
}

/** Nothing runs after a start: what was cut off waits to be asked for. */
async function fromRow(hub: Hub, row: DownloadRow): Promise<Entry> {
  const plan = JSON.parse(row.plan) as Plan;
  const cut = row.status === 'running' || row.status === 'queued';
  return {
    ...newEntry(plan, await presentBytes(hub.settings().cache, plan)),
    id: row.id,
    createdAt: row.created_at,
    status: cut ? 'paused' : row.status,
    error: row.error === null ? null : (JSON.parse(row.error) as ErrorReport),
    notices: JSON.parse(row.notices) as string[],
    folder: row.folder,
  };
}

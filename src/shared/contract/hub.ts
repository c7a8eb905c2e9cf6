import { z } from 'zod';
import { byId, type ErrorReport, nothing } from './common.ts';
import { call, stream } from './procedure.ts';
import type { Need } from './wizard.ts';

export interface HubStatus {
  readonly endpoint: string;
  readonly offline: boolean;
  /** Where the access token comes from; the token itself never leaves the main process. */
  readonly token: 'environment' | 'settings' | 'file' | null;
  readonly cache: string;
}

const kind = z.enum(['model', 'dataset']);
export type HubKind = z.infer<typeof kind>;

/** A repository as the search lists it. */
export interface HubEntry {
  /** "org/name". */
  readonly id: string;
  readonly downloads: number;
  readonly likes: number;
  /** Unix milliseconds. */
  readonly updatedAt: number;
  readonly gated: boolean;
  readonly licence: string | null;
  /** Of models, where the hub knows it. */
  readonly architecture: string | null;
  readonly parameters: number | null;
  /** False where the architecture is known and Kintsugi doesn't run it; null where it is unknown. */
  readonly supported: boolean | null;
  /** Whether the weights are there in the only format that is opened. */
  readonly safetensors: boolean;
}

export interface HubSearch {
  readonly entries: readonly HubEntry[];
  readonly more: boolean;
}

/** Everything to know of a model before it is downloaded. */
export interface HubModel extends HubEntry {
  readonly commit: string;
  /** Of the files that would be fetched. */
  readonly bytes: number;
  readonly files: number;
  /** For a quick repair on this machine; null where config.json could not be read. */
  readonly memory: Need | null;
  readonly disk: Need;
  /** Why it can't be used. */
  readonly problem: ErrorReport | null;
  /** What a recipe would say, when it is here already. */
  readonly model: string | null;
}

export interface HubDataset {
  readonly id: string;
  readonly licence: string | null;
  readonly gated: boolean;
  /** Those that can be read. */
  readonly files: readonly {
    readonly path: string;
    readonly bytes: number;
    /** Where it lies, when it is here already. */
    readonly local: string | null;
  }[];
}

export interface Download {
  readonly id: string;
  readonly kind: HubKind;
  /** "org/name". */
  readonly name: string;
  readonly status: 'queued' | 'running' | 'paused' | 'failed' | 'done';
  readonly bytes: number;
  readonly total: number;
  /** Bytes a second of the last seconds; null when nothing moves. */
  readonly rate: number | null;
  readonly secondsLeft: number | null;
  readonly error: ErrorReport | null;
  /** What happened on the way, for example that a file had to start anew. */
  readonly notices: readonly string[];
  readonly createdAt: number;
  /** The snapshot's folder, once done. */
  readonly folder: string | null;
  /** What a recipe's `model` would say, of a model that is done. */
  readonly model: string | null;
}

const name = z.string().min(1).max(300);

export const hubProcedures = {
  'hub.status': call<HubStatus>()(nothing),
  'hub.search': call<HubSearch>()(
    z.strictObject({ kind, query: z.string().trim().max(200), limit: z.int().min(1).max(200) }),
  ),
  'hub.model': call<HubModel>()(z.strictObject({ id: name })),
  'hub.dataset': call<HubDataset>()(z.strictObject({ id: name })),
  'downloads.start': call<Download>()(
    z.strictObject({
      kind,
      id: name,
      /** Of a dataset: which files. */
      paths: z.array(z.string().min(1).max(1000)).min(1).max(1000).optional(),
    }),
  ),
  'downloads.pause': call<Download>()(byId),
  'downloads.resume': call<Download>()(byId),
  /** Throws away what has arrived; one that is done is only taken off the list. */
  'downloads.cancel': call<null>()(byId),
  /** All of them, newest first, at once and at every change. */
  'downloads.watch': stream<readonly Download[]>()(nothing),
} as const;

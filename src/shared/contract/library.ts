import { z } from 'zod';
import { type ErrorReport, nothing, path } from './common.ts';
import { call } from './procedure.ts';

/** What was recognised in a model's folder; what was not is null and has a problem. */
export interface ModelReport {
  /** As config.json names it. */
  readonly architecture: string | null;
  /** Whether Kintsugi runs this architecture. */
  readonly supported: boolean;
  readonly parameters: number | null;
  /** Of the weights, in bytes. */
  readonly bytes: number | null;
  /** Element types of the weights, most bytes first. */
  readonly dtypes: readonly string[];
  readonly layers: number | null;
  readonly hiddenSize: number | null;
  readonly vocabulary: number | null;
  readonly maxPositions: number | null;
  /** For example "GPTQ, 4 bits"; null for a dense model. */
  readonly quantization: string | null;
  /** For example "BPE, 4,096 tokens". */
  readonly tokenizer: string | null;
  readonly chatTemplate: boolean;
  /** Why the model can't be used, and what is missing; empty when it is in order. */
  readonly problems: readonly ErrorReport[];
}

export interface LibraryModel {
  /** What a recipe's `model` says: "starter", "org/name@commit" or a folder. */
  readonly model: string;
  readonly name: string;
  readonly kind: 'starter' | 'hub' | 'folder';
  /** Null when it cannot be reached. */
  readonly folder: string | null;
  /** On the disk, with all its revisions. */
  readonly bytes: number;
  readonly report: ModelReport;
  /** When it came here; Unix milliseconds. */
  readonly addedAt: number | null;
  readonly removedAt: number | null;
  /** By a run here; Unix milliseconds. */
  readonly lastUsed: number | null;
}

export interface Library {
  readonly models: readonly LibraryModel[];
  /** Folder of the cache that other tools share. */
  readonly cache: string;
  /** Free bytes on the cache's disk. */
  readonly free: number;
}

const model = z.strictObject({ model: path });

export const libraryProcedures = {
  'library.list': call<Library>()(z.strictObject({ removed: z.boolean().optional() })),
  /** Reads a folder on the machine that computes, all its weights included. */
  'library.inspect': call<ModelReport>()(z.strictObject({ path })),
  /** Adds a folder, which stays where it is; refused where it can't be used. */
  'library.import': call<LibraryModel>()(z.strictObject({ path })),
  /** Into the bin: nothing is deleted yet. */
  'library.remove': call<null>()(model),
  'library.restore': call<null>()(model),
  /** Deletes what was downloaded, for good; a folder of one's own is only forgotten. */
  'library.erase': call<{ readonly freed: number }>()(model),
  'library.emptyBin': call<{ readonly freed: number }>()(nothing),
} as const;

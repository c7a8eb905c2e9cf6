import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { asUnwritable, publishFolder, writeFileAtomic } from '../checkpoint/atomic.ts';
import { hashFile } from '../checkpoint/folder.ts';
import {
  openSafetensors,
  readFloat32,
  type TensorData,
  type TensorStream,
  writeSafetensors,
} from '../checkpoint/safetensors.ts';
import type { LayerReport } from './report.ts';

/** A shard on disk, as it was when it was written. */
export interface FinishedShard {
  readonly sha256: string;
  readonly bytes: number;
  readonly tensors: readonly string[];
  /** Reports of its block's linears; none for tensors outside the blocks. */
  readonly layers: readonly LayerReport[];
}

/** Inputs of block `passed`: what left the blocks before it. */
export interface Activations {
  readonly passed: number;
  readonly values: Float32Array;
}

/** A compression that can be cut off at any moment and goes on from its last finished block. */
export interface PartialWork {
  /** The model folder in the making. */
  readonly model: string;
  /** Seconds that finished blocks took in earlier sittings. */
  readonly secondsBefore: number;
  /** Finished shards by file name. */
  readonly shards: ReadonlyMap<string, FinishedShard>;
  /** The block whose inputs are saved. */
  readonly savedFor: number | undefined;
  /** Writes a shard, and the activations that go with it, durably. */
  add(
    file: string,
    tensors: readonly (TensorData | TensorStream)[],
    layers: readonly LayerReport[],
    next?: Activations,
  ): Promise<void>;
  /** @throws KintsugiError SAFETENSORS_INVALID */
  readActivations(): Promise<Float32Array>;
  /** Moves the model to `out` and removes the rest. */
  finish(out: string): Promise<void>;
}

/** The record of finished work: whatever it does not name with its hash is made again. */
interface Journal {
  readonly format: 'kintsugi-partial-compression';
  readonly version: 1;
  /** Hash of everything that decides the result. */
  readonly job: string;
  readonly shards: Readonly<Record<string, FinishedShard>>;
  readonly activations: { readonly passed: number; readonly sha256: string } | null;
  readonly seconds: number;
}

const JOURNAL = 'journal.json';
const MODEL = 'model';

export interface PartialOptions {
  /** Everything that decides the result, as JSON. */
  readonly job: unknown;
  /** Removes unfinished work of another job instead of refusing to. */
  readonly discardOther: boolean;
  /** Told what was damaged and is made again. */
  readonly notice: (message: string) => void;
}

/**
 * Opens the folder of a compression's unfinished work, or makes it. Every file is checked against the
 * hash it was written with; a damaged one is forgotten.
 * @throws KintsugiError OUTPUT_UNWRITABLE, also when the folder holds something else
 */
export async function openPartial(dir: string, options: PartialOptions): Promise<PartialWork> {
  const job = sha256(JSON.stringify(options.job));
  let journal: Journal = {
    format: 'kintsugi-partial-compression',
    version: 1,
    job,
    shards: {},
    activations: null,
    seconds: 0,
  };
  const found = await readJournal(dir, options);
  if (found?.job === job) journal = await verified(dir, found, options.notice);
  else if (found !== undefined && !options.discardOther) throw otherJob(dir);
  const save = (next: Journal) => {
    journal = next;
    const body = JSON.stringify(next);
    return writeFileAtomic(join(dir, JOURNAL), JSON.stringify({ sha256: sha256(body), body }));
  };
  await keepingWork(dir, async () => {
    await mkdir(join(dir, MODEL), { recursive: true });
    await save(journal);
    await sweep(dir, journal);
  });
  return {
    model: join(dir, MODEL),
    secondsBefore: journal.seconds,
    get shards() {
      return new Map(Object.entries(journal.shards));
    },
    get savedFor() {
      return journal.activations?.passed;
    },
    async add(file, tensors, layers, next) {
      await keepingWork(dir, async () => {
        const shard = await writeShard(join(dir, MODEL, file), tensors, layers);
        const shards = { ...journal.shards, [file]: shard };
        const seconds = journal.seconds + layers.reduce((sum, layer) => sum + layer.seconds, 0);
        const activations = next ? await writeActivations(dir, next) : journal.activations;
        await save({ ...journal, shards, activations, seconds });
        if (next) await sweep(dir, journal);
      });
    },
    async readActivations() {
      const file = join(dir, activationsName(journal.activations!.passed));
      return readFloat32((await openSafetensors(file)).tensors.get('x')!);
    },
    async finish(out) {
      await publishFolder(join(dir, MODEL), out);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const activationsName = (passed: number) => `activations-${passed}.safetensors`;

async function writeShard(
  path: string,
  tensors: readonly (TensorData | TensorStream)[],
  layers: readonly LayerReport[],
): Promise<FinishedShard> {
  await writeSafetensors(path, tensors, { format: 'pt' });
  const { size } = await stat(path);
  const names = tensors.map(({ name }) => name);
  return { sha256: await hashFile(path), bytes: size, tensors: names, layers };
}

async function writeActivations(dir: string, { passed, values }: Activations) {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const path = join(dir, activationsName(passed));
  await writeSafetensors(path, [{ name: 'x', dtype: 'F32', shape: [values.length], data }]);
  return { passed, sha256: await hashFile(path) };
}

/** The journal of the folder; undefined where there is no folder, or nothing in it to go by. */
async function readJournal(dir: string, { discardOther, notice }: PartialOptions) {
  const names = await readdir(dir).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [] as string[];
    throw asUnwritable(cause, dir);
  });
  if (names.length === 0) return undefined;
  if (!names.includes(JOURNAL)) {
    if (discardOther) return undefined;
    throw otherJob(dir);
  }
  try {
    const stored: unknown = JSON.parse(await readFile(join(dir, JOURNAL), 'utf8'));
    const { body, sha256: hash } = stored as { body: string; sha256: string };
    if (sha256(body) !== hash) throw new SyntaxError('its content has another hash');
    return JSON.parse(body) as Journal;
  } catch {
    notice(`${join(dir, JOURNAL)} is damaged: everything is compressed again.`);
    return undefined;
  }
}

/** The journal without what is missing from the disk or differs from what was written. */
async function verified(
  dir: string,
  journal: Journal,
  notice: (message: string) => void,
): Promise<Journal> {
  const sound = async (path: string, hash: string) =>
    (await hashFile(path).catch(() => undefined)) === hash;
  const shards: Record<string, FinishedShard> = {};
  for (const [file, shard] of Object.entries(journal.shards)) {
    if (await sound(join(dir, MODEL, file), shard.sha256)) shards[file] = shard;
    else notice(`${file} of the unfinished work is damaged: its block is compressed again.`);
  }
  let { activations } = journal;
  if (activations) {
    const path = join(dir, activationsName(activations.passed));
    if (!(await sound(path, activations.sha256))) {
      notice('The saved activations are damaged: they are computed again from finished blocks.');
      activations = null;
    }
  }
  return { ...journal, shards, activations };
}

/** Removes what the journal does not name: halves of files, and activations of earlier blocks. */
async function sweep(dir: string, { shards, activations }: Journal): Promise<void> {
  const kept = new Set<string>([JOURNAL, MODEL]);
  if (activations) kept.add(activationsName(activations.passed));
  for (const name of await readdir(dir))
    if (!kept.has(name)) await rm(join(dir, name), { recursive: true, force: true });
  for (const name of await readdir(join(dir, MODEL)))
    if (!(name in shards)) await rm(join(dir, MODEL, name), { recursive: true, force: true });
}

/** A full disk costs the block that did not fit, and the error says so. */
async function keepingWork(dir: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const error = asUnwritable(cause, dir);
    if (!(error instanceof KintsugiError) || error.code !== 'OUTPUT_UNWRITABLE') throw error;
    throw new KintsugiError('OUTPUT_UNWRITABLE', error.message, {
      file: error.file ?? dir,
      next: `Free space or permissions there and run it again: finished blocks are kept in ${dir}.`,
      cause,
    });
  }
}

const otherJob = (dir: string) =>
  new KintsugiError('OUTPUT_UNWRITABLE', `${dir} holds unfinished work of another compression`, {
    file: dir,
    next: 'Use the settings of that one to go on with it, delete the folder to start over, or choose another output.',
  });

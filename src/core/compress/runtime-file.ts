import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { type Checkpoint, hashFile, RUNTIME_FILE, RUNTIME_SEAL } from '../checkpoint/folder.ts';
import { readJsonObject } from '../checkpoint/json.ts';
import { openSafetensors, type TensorEntry, writeSafetensors } from '../checkpoint/safetensors.ts';
import type { KernelWeights } from '../engine/custom/quantized.ts';
import type { LazyKernelWeights } from './read.ts';

/** Changes when the run-time layout does. */
const LAYOUT = 1;

/** What the file was made from, and what it was then. */
interface Seal {
  readonly layout: number;
  /** Checkpoint.hash of the folder whose codes it holds. */
  readonly source: string;
  readonly sha256: string;
}

type Codes = ReadonlyMap<string, TensorEntry>;

/**
 * Keeps the codes, which are most of a compressed model, in a file in the run-time layout that the
 * engine maps; one linear at a time is in memory. The file is made when a model is first opened, and
 * again when its seal says that it is of other weights, or its bytes are not those that were written;
 * in a folder that can't be written codes stay in memory.
 */
export async function withCodesInFile(
  checkpoint: Checkpoint,
  quantized: ReadonlyMap<string, LazyKernelWeights>,
): Promise<ReadonlyMap<string, KernelWeights>> {
  if (quantized.size === 0) return new Map();
  const stored = (await openSealed(checkpoint, quantized)) ?? (await write(checkpoint, quantized));
  return new Map(
    [...quantized].map(([module, q]) => [
      module,
      { ...q, codes: stored ? stored.get(module)! : q.codes() },
    ]),
  );
}

const bytesOf = ({ out, in: columns, bits }: LazyKernelWeights) =>
  out * Math.ceil((columns * bits) / 8);

/** The file's entries when it is of this checkpoint and as it was written. */
async function openSealed(
  { dir, hash }: Checkpoint,
  quantized: ReadonlyMap<string, LazyKernelWeights>,
): Promise<Codes | undefined> {
  const file = join(dir, RUNTIME_FILE);
  try {
    const { value: seal } = await readJsonObject(join(dir, RUNTIME_SEAL), {
      code: 'CHECKPOINT_INVALID',
      limit: 4096,
      next: 'Delete it.',
    });
    if (seal['layout'] !== LAYOUT || seal['source'] !== hash) return undefined;
    if ((await hashFile(file)) !== seal['sha256']) return undefined;
    const { tensors } = await openSafetensors(file);
    const holds = ([module, q]: readonly [string, LazyKernelWeights]) =>
      tensors.get(module)?.length === bytesOf(q);
    return [...quantized].every(holds) ? tensors : undefined;
  } catch {
    return undefined;
  }
}

async function write(
  { dir, hash }: Checkpoint,
  quantized: ReadonlyMap<string, LazyKernelWeights>,
): Promise<Codes | undefined> {
  const file = join(dir, RUNTIME_FILE);
  const tensors = [...quantized].map(([name, q]) => {
    return { name, dtype: 'U8' as const, shape: [bytesOf(q)], data: () => [q.codes()] };
  });
  try {
    // An old seal must not vouch for a new file.
    await rm(join(dir, RUNTIME_SEAL), { force: true });
    await writeSafetensors(file, tensors);
    const seal: Seal = { layout: LAYOUT, source: hash, sha256: await hashFile(file) };
    await writeFileAtomic(join(dir, RUNTIME_SEAL), `${JSON.stringify(seal)}\n`);
    return (await openSafetensors(file)).tensors;
  } catch (error) {
    if (error instanceof KintsugiError && error.code === 'OUTPUT_UNWRITABLE') return undefined;
    throw error;
  }
}

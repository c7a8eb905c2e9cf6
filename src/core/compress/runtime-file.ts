import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { type Checkpoint, RUNTIME_FILE } from '../checkpoint/folder.ts';
import { openSafetensors, readRaw, writeSafetensors } from '../checkpoint/safetensors.ts';
import type { KernelWeights } from '../engine/custom/quantized.ts';

type Codes = ReadonlyMap<string, Uint8Array>;

/**
 * Moves the codes, which are most of a compressed model, out of memory into a file in the run-time
 * layout that the engine maps. Written when a model is first opened, and again when it does not hold
 * exactly these codes; a folder that can't be written keeps them in memory.
 */
export async function withCodesInFile(
  checkpoint: Checkpoint,
  quantized: ReadonlyMap<string, KernelWeights>,
): Promise<ReadonlyMap<string, KernelWeights>> {
  if (quantized.size === 0) return quantized;
  const file = join(checkpoint.dir, RUNTIME_FILE);
  const codes: Codes = new Map([...quantized].map(([name, q]) => [name, q.codes as Uint8Array]));
  const stored = (await openHolding(file, codes)) ?? (await write(file, codes));
  if (!stored) return quantized;
  return new Map(
    [...quantized].map(([module, q]) => [module, { ...q, codes: stored.get(module)! }]),
  );
}

/** The file's entries when it holds exactly `codes`: what was flipped or is of other weights is not used. */
async function openHolding(file: string, codes: Codes) {
  try {
    const { tensors } = await openSafetensors(file);
    const holds = ([name, bytes]: readonly [string, Uint8Array]) => {
      const entry = tensors.get(name);
      return entry !== undefined && Buffer.compare(readRaw(entry), bytes) === 0;
    };
    return [...codes].every(holds) ? tensors : undefined;
  } catch {
    return undefined;
  }
}

async function write(file: string, codes: Codes) {
  const tensors = [...codes].map(([name, data]) => {
    return { name, dtype: 'U8' as const, shape: [data.byteLength], data };
  });
  try {
    await writeSafetensors(file, tensors);
    return (await openSafetensors(file)).tensors;
  } catch (error) {
    if (error instanceof KintsugiError && error.code === 'OUTPUT_UNWRITABLE') return undefined;
    throw error;
  }
}

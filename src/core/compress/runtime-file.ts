import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import { openSafetensors, writeSafetensors } from '../checkpoint/safetensors.ts';
import type { KernelWeights } from '../engine/custom/quantized.ts';

/** Beside the weights, so that one folder serves all of a program's file-backed constants. */
const fileOf = (checkpoint: Checkpoint): string =>
  join(checkpoint.dir, `runtime-${checkpoint.hash.slice(0, 16)}.safetensors`);

/**
 * Moves the codes, which are most of a compressed model, out of memory into a file in the run-time
 * layout that the engine reads directly. Written when a model is first opened; a folder that can't
 * be written keeps them in memory.
 */
export async function withCodesInFile(
  checkpoint: Checkpoint,
  quantized: ReadonlyMap<string, KernelWeights>,
): Promise<ReadonlyMap<string, KernelWeights>> {
  if (quantized.size === 0) return quantized;
  const file = fileOf(checkpoint);
  const stored = (await openExisting(file)) ?? (await write(file, quantized));
  if (!stored) return quantized;
  return new Map(
    [...quantized].map(([module, weights]) => {
      const entry = stored.get(module);
      const fits = entry?.length === (weights.codes as Uint8Array).byteLength;
      return [module, entry && fits ? { ...weights, codes: entry } : weights];
    }),
  );
}

async function openExisting(file: string) {
  try {
    return (await openSafetensors(file)).tensors;
  } catch {
    // Missing, or cut short by a full disk: it is written again.
    return undefined;
  }
}

async function write(file: string, quantized: ReadonlyMap<string, KernelWeights>) {
  const tensors = [...quantized].map(([name, { codes }]) => {
    const data = codes as Uint8Array;
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

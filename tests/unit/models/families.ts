import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, readFloat32, readRaw } from '../../../src/core/checkpoint/safetensors.ts';

/** Tiny checkpoints of every family, with logits of transformers: see make.py there. */
export const FIXTURES = join(import.meta.dirname, '../../fixtures/models');

export const fixtureNames = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export interface Golden {
  readonly ids: Int32Array;
  /** [length, vocabulary]. */
  readonly logits: Float32Array;
}

/** What transformers computed, one sequence at a time. */
export async function readGolden(name: string): Promise<Golden[]> {
  const { tensors } = await openSafetensors(join(FIXTURES, name, 'golden.safetensors'));
  return [0, 1].map((i) => ({
    ids: new Int32Array(readRaw(tensors.get(`ids.${i}`)!).buffer),
    logits: readFloat32(tensors.get(`logits.${i}`)!),
  }));
}

/** Largest |actual − expected|. */
export function furthest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!(distance <= worst)) worst = distance;
  }
  return worst;
}

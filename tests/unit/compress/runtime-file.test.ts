import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint, RUNTIME_FILE, RUNTIME_SEAL } from '../../../src/core/checkpoint/folder.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import { openModel } from '../../../src/core/compress/open.ts';
import { openDevice } from '../../../src/core/engine/devices.ts';
import { createScorer } from '../../../src/core/evaluate/score.ts';
import { writeTinyModel } from '../../support/tiny-llama.ts';

const engine = await openDevice('cpu', { threads: 1 });
const options = {
  method: 'rtn',
  bits: 4,
  groupSize: 16,
  symmetric: false,
  mse: false,
  actOrder: false,
  staticGroups: false,
  damping: 0.01,
} as const;
let dir = '';
let compressed = '';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kintsugi-runtime-'));
  compressed = join(dir, 'compressed');
  await writeTinyModel(join(dir, 'model'));
  const checkpoint = await openCheckpoint(join(dir, 'model'));
  await compress({ checkpoint, out: compressed, options, engine, seed: 1 });
});
afterEach(() => rm(dir, { recursive: true }));

async function score() {
  const { model } = await openModel(compressed);
  const scorer = createScorer(engine, { model });
  const [result] = await scorer.score([{ ids: [1, 2, 3, 4, 5], scored: 4 }]);
  await scorer.release();
  return [...result!.nll];
}

describe('codes in a file', () => {
  it('are written on the first opening and used on the next', async () => {
    const first = await openModel(compressed);
    const codes = [...first.quantized.values()].map((weights) => weights.codes);
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes)
      expect(code).toMatchObject({ path: expect.stringContaining(RUNTIME_FILE) });
    expect(await score()).toEqual(await score());
  });

  it('are written again when the file is cut short or a bit of it flipped', async () => {
    const expected = await score();
    const file = join(compressed, RUNTIME_FILE);
    const sound = await readFile(file);
    await writeFile(file, sound.subarray(0, sound.length - 40));
    expect(await score()).toEqual(expected);
    expect(await readFile(file)).toEqual(sound);
    const other = Buffer.from(sound);
    other[other.length - 7]! ^= 1;
    await writeFile(file, other);
    expect(await score()).toEqual(expected);
    expect(await readFile(file)).toEqual(sound);
  });

  it('are left alone while they are sound', async () => {
    await score();
    const { mtimeMs } = await stat(join(compressed, RUNTIME_FILE));
    await score();
    expect((await stat(join(compressed, RUNTIME_FILE))).mtimeMs).toBe(mtimeMs);
  });

  it('of other weights are not used, whatever vouches for them', async () => {
    const expected = await score();
    const own = await readFile(join(compressed, RUNTIME_FILE));
    const checkpoint = await openCheckpoint(join(dir, 'model'));
    const out = join(dir, 'coarse');
    await compress({ checkpoint, out, options: { ...options, mse: true }, engine, seed: 1 });
    await openModel(out);
    for (const name of [RUNTIME_FILE, RUNTIME_SEAL])
      await copyFile(join(out, name), join(compressed, name));
    expect(await readFile(join(compressed, RUNTIME_FILE))).not.toEqual(own);
    expect(await score()).toEqual(expected);
    expect(await readFile(join(compressed, RUNTIME_FILE))).toEqual(own);
  });
});

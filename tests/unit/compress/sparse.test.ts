import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toBFloat16, toFloat16 } from '../../../src/core/checkpoint/dtype.ts';
import { type Checkpoint, openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { readFloat32, writeSafetensors } from '../../../src/core/checkpoint/safetensors.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import { openModel } from '../../../src/core/compress/open.ts';
import { compressionOf, isCompressed } from '../../../src/core/compress/provenance.ts';
import type { CompressionReport } from '../../../src/core/compress/report.ts';
import { createEngine } from '../../../src/core/engine/index.ts';
import type { CompressionOptions } from '../../../src/shared/compression.ts';
import { calibrationIds, makeTinyModel } from './tiny-model.ts';

let folder: string;
const at = (name: string) => join(folder, name);
const engine = await createEngine({ device: 'cpu', threads: 1 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kintsugi-sparse-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The tiny model, which is in 32 bits, in the type that is asked for. */
async function makeModel(dtype: 'F32' | 'BF16' | 'F16'): Promise<Checkpoint> {
  const { tensors } = await makeTinyModel(at(dtype));
  if (dtype === 'F32') return openCheckpoint(at(dtype));
  const narrow = dtype === 'BF16' ? toBFloat16 : toFloat16;
  const data = [...tensors.values()].map(({ name, shape, ...entry }) => {
    return { name, dtype, shape, data: narrow(readFloat32({ name, shape, ...entry })) };
  });
  await writeSafetensors(join(at(dtype), 'model.safetensors'), data);
  return openCheckpoint(at(dtype));
}

const compressTo = (
  out: string,
  checkpoint: Checkpoint,
  options: CompressionOptions,
): Promise<CompressionReport> =>
  compress({
    checkpoint,
    out: at(out),
    options,
    calibration: calibrationIds(4, 16),
    engine,
    seed: 1,
  });

const pruned = { method: 'sparsegpt', sparsity: '2:4', quantization: null, damping: 0.01 } as const;

test.each(['F32', 'BF16', 'F16'] as const)(
  'a pruned %s model is an ordinary dense checkpoint',
  async (dtype) => {
    const model = await makeModel(dtype);
    const report = await compressTo(`${dtype}-pruned`, model, pruned);
    const found = await openCheckpoint(at(`${dtype}-pruned`));
    expect(found.config).toEqual(model.config);
    expect(await readdir(found.dir)).not.toContain('quantize_config.json');
    expect([...found.tensors.keys()].toSorted()).toEqual([...model.tensors.keys()].toSorted());
    for (const [name, { dtype: type, shape }] of found.tensors) {
      expect({ type, shape }).toEqual({ type: dtype, shape: model.tensors.get(name)!.shape });
      if (!/proj/.test(name)) continue;
      const values = readFloat32(found.tensors.get(name)!);
      for (let i = 0; i < values.length; i += 4)
        expect(values.subarray(i, i + 4).filter((value) => value === 0).length).toBe(2);
    }
    expect(report.layers.every(({ sparsity }) => sparsity === 0.5)).toBe(true);
    // Zeros are stored and computed like other weights.
    expect(Math.abs(report.disk.compressed / report.disk.original - 1)).toBeLessThan(0.2);
    expect(report.memory.compressed).toBe(report.memory.original);
    expect((await openModel(found.dir)).quantized.size).toBe(0);
  },
);

test('it is known as compressed by its folder', async () => {
  const model = await makeModel('BF16');
  await compressTo('known', model, pruned);
  const found = await openCheckpoint(at('known'));
  expect(compressionOf(found)).toEqual(pruned);
  expect([isCompressed(found), isCompressed(model)]).toEqual([true, false]);
  await expect(compressTo('twice', found, pruned)).rejects.toMatchObject({
    code: 'QUANTIZATION_INVALID',
    field: 'recipe',
  });
  await writeFile(join(at('known'), 'kintsugi.json'), '{"format": "something else"}');
  const other = await openCheckpoint(at('known'));
  expect([isCompressed(other), other.hash]).toEqual([false, found.hash]);
  await writeFile(join(at('known'), 'kintsugi.json'), '{');
  expect(isCompressed(await openCheckpoint(at('known')))).toBe(false);
});

test('pruned and quantised: packed codes, with zeros among them', async () => {
  const quantization = { bits: 4, groupSize: 16, symmetric: false, mse: false } as const;
  const report = await compressTo('joint', await makeModel('F16'), { ...pruned, quantization });
  const found = await openCheckpoint(at('joint'));
  expect(found.quantization).toMatchObject({ bits: 4, group_size: 16, desc_act: false });
  expect(report.layers.every(({ sparsity }) => sparsity >= 0.5)).toBe(true);
  const files = (await readdir(found.dir)).filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(
    files.map(async (name) => (await stat(join(found.dir, name))).size),
  );
  expect(report.disk.compressed).toBe(sizes.reduce((sum, size) => sum + size, 0));
  expect(JSON.parse(await readFile(join(found.dir, 'kintsugi.json'), 'utf8'))).toEqual(report);
});

test.each([
  ['sparsity', { ...pruned, sparsity: '3:7' }, /3:7 does not divide the 32 input columns of model/],
  [
    'sparsity',
    {
      ...pruned,
      sparsity: '8:32',
      quantization: { bits: 4, groupSize: 16, symmetric: true, mse: false },
    },
    /group size 16/,
  ],
] as const)('%s that does not fit', async (field, options, message) => {
  const model = await makeTinyModel(at('fit'));
  const refused = () => compressTo('bad', model, options);
  await expect(refused()).rejects.toMatchObject({ code: 'QUANTIZATION_INVALID', field });
  await expect(refused()).rejects.toThrow(message);
});

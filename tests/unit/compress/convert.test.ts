/// <reference lib="es2025.float16" />
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { readFloat32, readRaw } from '../../../src/core/checkpoint/safetensors.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import { convertModel } from '../../../src/core/compress/convert.ts';
import { openModel } from '../../../src/core/compress/open.ts';
import { dequantize } from '../../../src/core/compress/quantized.ts';
import {
  quantizedModules,
  readQuantization,
  readQuantizedLinear,
} from '../../../src/core/compress/read.ts';
import { createEngine } from '../../../src/core/engine/index.ts';
import type { CompressionOptions } from '../../../src/shared/compression.ts';
import { calibrationIds, makeTinyModel } from './tiny-model.ts';

let folder: string;
let model: Checkpoint;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kintsugi-convert-'));
  model = await makeTinyModel(at('model'));
  await compressTo('symmetric', { ...grid, symmetric: true });
  await compressTo('asymmetric', grid);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

const grid = {
  method: 'gptq',
  bits: 3,
  groupSize: 16,
  symmetric: false,
  mse: false,
  actOrder: true,
  staticGroups: false,
  damping: 0.01,
} as const;

async function compressTo(out: string, options: CompressionOptions): Promise<void> {
  const engine = await createEngine({ device: 'cpu', threads: 1 });
  const calibration = calibrationIds(2, 16);
  await compress({ checkpoint: model, out: at(out), options, calibration, engine, seed: 1 });
}

async function convert(from: string, format: 'gptq' | 'gptq_v2' | 'dense'): Promise<Checkpoint> {
  const out = at(`${from}-${format}`);
  await convertModel(await openCheckpoint(at(from)), out, format);
  await openModel(out);
  return openCheckpoint(out);
}

const config = async (dir: string, file = 'config.json') =>
  JSON.parse(await readFile(join(dir, file), 'utf8'));

describe('export', () => {
  test.each([
    ['symmetric', 'gptq', 'v1'],
    ['symmetric', 'gptq_v2', 'v2'],
    ['asymmetric', 'gptq_v2', 'v2'],
  ] as const)('%s codes as %s hold the same model', async (from, format, zeros) => {
    const original = await openCheckpoint(at(from));
    const exported = await convert(from, format);
    expect(readQuantization(exported).zeros).toBe(zeros);
    expect(exported.quantization).toMatchObject({ bits: 3, checkpoint_format: format });
    expect(await config(exported.dir, 'quantize_config.json')).toEqual(exported.quantization);
    expect(exported.tensors.size).toBe(original.tensors.size);
    for (const module of quantizedModules(original))
      expect(readQuantizedLinear(exported, module)).toEqual(readQuantizedLinear(original, module));
    for (const [name, entry] of original.tensors)
      if (!name.endsWith('qzeros'))
        expect(readRaw(exported.tensors.get(name)!)).toEqual(readRaw(entry));
  });

  test('dense weights are what the codes decode to, in float16, and known as compressed', async () => {
    const original = await openCheckpoint(at('asymmetric'));
    const dense = await convert('asymmetric', 'dense');
    expect(dense.quantization).toBeUndefined();
    expect([...dense.tensors.keys()].toSorted()).toEqual([...model.tensors.keys()].toSorted());
    for (const module of quantizedModules(original)) {
      const entry = dense.tensors.get(`${module}.weight`)!;
      expect(entry).toMatchObject({ dtype: 'F16', shape: model.tensors.get(entry.name)!.shape });
      const expected = new Float32Array(
        new Float16Array(dequantize(readQuantizedLinear(original, module))),
      );
      expect(readFloat32(entry)).toEqual(expected);
    }
    expect((await config(dense.dir)).torch_dtype).toBe('float16');
    expect((await config(dense.dir, 'kintsugi.json')).recipe).toMatchObject(grid);
    await expect(convertModel(dense, at('again'), 'gptq_v2')).rejects.toMatchObject({
      code: 'QUANTIZATION_INVALID',
      field: 'model',
    });
  });

  test('asymmetric zero points are refused by the format that cannot hold them', async () => {
    const refused = convertModel(await openCheckpoint(at('asymmetric')), at('refused'), 'gptq');
    await expect(refused).rejects.toMatchObject({ code: 'QUANTIZATION_INVALID', field: 'format' });
    await expect(readFile(join(at('refused'), 'config.json'))).rejects.toThrow();
  });

  test('can be cancelled, and leaves nothing', async () => {
    const run = { signal: AbortSignal.abort() };
    const cancelled = convertModel(await openCheckpoint(at('symmetric')), at('gone'), 'gptq', run);
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(readFile(join(at('gone'), 'config.json'))).rejects.toThrow();
  });
});

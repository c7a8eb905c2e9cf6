/// <reference lib="es2025.float16" />
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import {
  readRaw,
  type TensorData,
  writeSafetensors,
} from '../../../src/core/checkpoint/safetensors.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import { readQuantizedLinear } from '../../../src/core/compress/read.ts';
import { createEngine } from '../../../src/core/engine/index.ts';
import { makeTinyModel } from './tiny-model.ts';

let folder: string;
let compressed: string;
const MODULE = 'model.layers.1.mlp.down_proj';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kintsugi-read-'));
  compressed = join(folder, 'compressed');
  await compress({
    checkpoint: await makeTinyModel(join(folder, 'model')),
    out: compressed,
    options: { method: 'rtn', bits: 3, groupSize: 32, symmetric: false, mse: false },
    engine: await createEngine({ device: 'cpu', threads: 1 }),
    seed: 1,
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** A copy of the compressed folder whose second block's tensors and config were tampered with. */
async function tampered(
  name: string,
  changeTensor: (tensor: TensorData) => TensorData | undefined,
  config: Record<string, unknown> = {},
): Promise<Checkpoint> {
  const dir = join(folder, name);
  await cp(compressed, dir, { recursive: true });
  const { tensors } = await openCheckpoint(compressed);
  const shard = tensors.get(`${MODULE}.qweight`)!.path.split(/[\\/]/).at(-1)!;
  const mine = [...tensors.values()].filter(({ path }) => path.endsWith(shard));
  const changed = mine.flatMap((entry) => {
    const data = { name: entry.name, dtype: entry.dtype, shape: entry.shape, data: readRaw(entry) };
    return (entry.name.startsWith(MODULE) ? changeTensor(data) : data) ?? [];
  });
  await writeSafetensors(join(dir, shard), changed);
  const index = JSON.parse(await readFile(join(dir, 'model.safetensors.index.json'), 'utf8'));
  for (const { name: tensor } of mine)
    if (!changed.some((kept) => kept.name === tensor)) delete index.weight_map[tensor];
  await writeFile(join(dir, 'model.safetensors.index.json'), JSON.stringify(index));
  const json = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'));
  Object.assign(json.quantization_config, config);
  await writeFile(join(dir, 'config.json'), JSON.stringify(json));
  return openCheckpoint(dir);
}

test('reads back an untouched folder', async () => {
  const q = readQuantizedLinear(await tampered('same', (tensor) => tensor), MODULE);
  expect(q).toMatchObject({ out: 32, in: 64, bits: 3, groupSize: 32 });
});

const end = (suffix: string, change: (tensor: TensorData) => TensorData | undefined) => {
  return (tensor: TensorData) => (tensor.name.endsWith(suffix) ? change(tensor) : tensor);
};
const cut = (tensor: TensorData): TensorData => {
  const [rows, columns] = tensor.shape as [number, number];
  const data = tensor.data.subarray(0, (tensor.data.length / rows) * (rows - 1));
  return { ...tensor, shape: [rows - 1, columns], data };
};
const groups = (values: (i: number) => number) => (tensor: TensorData) => {
  const data = new Uint8Array(Int32Array.from({ length: 64 }, (_, i) => values(i)).buffer);
  return { ...tensor, data };
};

test.each([
  ['missing', end('qzeros', () => undefined), 'qzeros'],
  ['other-type', end('scales', (t) => ({ ...t, dtype: 'I16' as const })), 'scales'],
  ['short-codes', end('qweight', cut), 'qweight'],
  ['short-scales', end('scales', cut), 'scales'],
  ['short-zeros', end('qzeros', cut), 'qzeros'],
  ['unsigned-zeros', end('qzeros', (t) => ({ ...t, dtype: 'U32' as const })), 'qzeros'],
  ['unsigned-groups', end('g_idx', (t) => ({ ...t, dtype: 'U32' as const })), 'g_idx'],
  [
    'short-groups',
    end('g_idx', (t) => ({ ...t, shape: [40], data: t.data.subarray(0, 160) })),
    'g_idx',
  ],
  [
    'group-beyond',
    end(
      'g_idx',
      groups((i) => (i < 32 ? 0 : 2)),
    ),
    'g_idx',
  ],
  [
    'group-negative',
    end(
      'g_idx',
      groups((i) => (i < 32 ? -1 : 1)),
    ),
    'g_idx',
  ],
  [
    'group-uneven',
    end(
      'g_idx',
      groups((i) => (i < 20 ? 0 : 1)),
    ),
    'g_idx',
  ],
])('refuses %s tensors, naming the one at fault', async (name, change, field) => {
  const checkpoint = await tampered(name, change);
  expect(() => readQuantizedLinear(checkpoint, MODULE)).toThrow(
    expect.objectContaining({ code: 'QUANTIZATION_INVALID', field: `${MODULE}.${field}` }),
  );
});

test.each([
  ['marlin', { checkpoint_format: 'marlin' }, 'checkpoint_format'],
  ['old-marlin', { is_marlin_format: true }, 'is_marlin_format'],
  ['bytes', { pack_dtype: 'int8' }, 'pack_dtype'],
  ['mixed', { dynamic: { '+:.*': { bits: 8 } } }, 'dynamic.+:.*'],
  ['awq', { quant_method: 'awq' }, 'quant_method'],
  ['five', { bits: 5 }, 'bits'],
  ['odd', { group_size: 20 }, 'group_size'],
])('refuses the %s configuration, naming the field', async (name, config, field) => {
  const checkpoint = await tampered(name, (tensor) => tensor, config);
  expect(() => readQuantizedLinear(checkpoint, MODULE)).toThrow(
    expect.objectContaining({
      code: 'QUANTIZATION_INVALID',
      field: `quantization_config.${field}`,
    }),
  );
});

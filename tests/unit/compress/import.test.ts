import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
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
import { openModel } from '../../../src/core/compress/open.ts';
import {
  quantizedModules,
  readQuantization,
  readQuantizedLinear,
} from '../../../src/core/compress/read.ts';
import { createEngine } from '../../../src/core/engine/index.ts';
import { BITS, type Bits } from '../../../src/shared/compression.ts';
import { makeTinyModel, tinyConfig } from './tiny-model.ts';

let folder: string;
let model: Checkpoint;
const config = { ...tinyConfig, hidden_size: 64 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kintsugi-import-'));
  model = await makeTinyModel(join(folder, 'model'), config);
});
afterAll(() => rm(folder, { recursive: true }));

/** Our own folder, quantised to nearest. */
async function compressed(bits: Bits, symmetric: boolean): Promise<string> {
  const out = join(folder, `${bits}-${symmetric}`);
  await compress({
    checkpoint: model,
    out,
    options: { method: 'rtn', bits, groupSize: 32, symmetric, mse: false },
    engine: await createEngine({ device: 'cpu', threads: 1 }),
    seed: 1,
  }).catch((error) => {
    if (error.code !== 'OUTPUT_UNWRITABLE') throw error;
  });
  return out;
}

interface Changes {
  /** The file that holds all tensors; model.safetensors by default. */
  readonly file?: string;
  readonly tensor?: (tensor: TensorData) => TensorData | undefined;
  readonly quantization: Record<string, unknown>;
  /** Whether quantize_config.json alone holds the settings. */
  readonly apart?: boolean;
}

/** The folder as another program would have written it, in one file. */
async function rewritten(from: string, name: string, changes: Changes): Promise<string> {
  const { file = 'model.safetensors', tensor = (t) => t, quantization, apart } = changes;
  const dir = join(folder, name);
  await cp(from, dir, { recursive: true });
  const { tensors } = await openCheckpoint(from);
  const changed = [...tensors.values()].flatMap((entry) => {
    const { name: at, dtype, shape } = entry;
    return tensor({ name: at, dtype, shape, data: readRaw(entry) }) ?? [];
  });
  for (const { path } of tensors.values())
    await rm(join(dir, path.split(/[\\/]/).at(-1)!), { force: true });
  await rm(join(dir, 'model.safetensors.index.json'));
  await writeSafetensors(join(dir, file), changed);
  const json = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'));
  if (apart) delete json.quantization_config;
  else json.quantization_config = quantization;
  await writeFile(join(dir, 'config.json'), JSON.stringify(json));
  await writeFile(join(dir, 'quantize_config.json'), JSON.stringify(quantization));
  return dir;
}

const minusOnes = (bits: 2 | 4 | 8) => (tensor: TensorData) => {
  if (!tensor.name.endsWith('qzeros')) return tensor;
  const ones = { 2: 0x55555555, 4: 0x11111111, 8: 0x01010101 }[bits];
  const words = new Int32Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.length / 4);
  return { ...tensor, data: new Uint8Array(words.map((word) => word - ones).buffer) };
};
const without = (suffix: string) => (tensor: TensorData) =>
  tensor.name.endsWith(suffix) ? undefined : tensor;

async function expectSame(dir: string, original: string): Promise<Checkpoint> {
  const [found, expected] = [await openCheckpoint(dir), await openCheckpoint(original)];
  for (const module of quantizedModules(expected))
    expect(readQuantizedLinear(found, module)).toEqual(readQuantizedLinear(expected, module));
  await openModel(dir);
  return found;
}

for (const bits of [2, 4, 8] as const)
  for (const symmetric of [false, true]) {
    const kind = `${bits}-bit ${symmetric ? 'symmetric' : 'asymmetric'}`;

    test(`${kind} "gptq" files hold z − 1, borrowed where z is 0`, async () => {
      const original = await compressed(bits, symmetric);
      const quantization = {
        bits,
        group_size: 32,
        sym: symmetric,
        quant_method: 'gptq',
        checkpoint_format: 'gptq',
        meta: { quantizer: ['gptqmodel:5.0.0'] },
      };
      const tensor = minusOnes(bits);
      const dir = await rewritten(original, `v1-${kind}`, { tensor, quantization });
      expect(readQuantization(await expectSame(dir, original)).zeros).toBe('v1');
    });

    test(`${kind} "gptq" files that hold z itself are found out`, async () => {
      const original = await compressed(bits, symmetric);
      const quantization = { bits, group_size: 32, sym: symmetric, checkpoint_format: 'gptq' };
      const dir = await rewritten(original, `v2-${kind}`, { quantization });
      expect(readQuantization(await expectSame(dir, original)).zeros).toBe('v2');
    });
  }

test('AutoGPTQ’s older files: settings apart, a name of their own, no g_idx, no format', async () => {
  const original = await compressed(4, true);
  const lower = minusOnes(4);
  const dir = await rewritten(original, 'auto-gptq', {
    file: 'gptq_model-4bit-32g.safetensors',
    tensor: (tensor) => without('g_idx')(lower(tensor)),
    quantization: { bits: 4, group_size: 32, damp_percent: 0.01, desc_act: false, sym: true },
    apart: true,
  });
  const found = await expectSame(dir, original);
  // Opening has written a second safetensors file beside the only one.
  expect((await openCheckpoint(dir)).hash).toBe(found.hash);
  await rename(join(dir, 'quantize_config.json'), join(dir, 'gone.json'));
  await expect(openModel(dir)).rejects.toMatchObject({ code: 'QUANTIZATION_INVALID' });
});

test('the settings’ own file decides over the weights, and so over the hash', async () => {
  const original = await compressed(4, true);
  const hashes = await Promise.all(
    [true, false].map(async (desc_act) => {
      const quantization = { bits: 4, group_size: 32, desc_act };
      const dir = await rewritten(original, `hash-${desc_act}`, { quantization, apart: true });
      return (await openCheckpoint(dir)).hash;
    }),
  );
  expect(hashes[0]).not.toBe(hashes[1]);
});

test('act-order without g_idx cannot be read', async () => {
  const original = await compressed(4, true);
  const quantization = { bits: 4, group_size: 32, desc_act: true };
  const dir = await rewritten(original, 'no-order', { tensor: without('g_idx'), quantization });
  await expect(openModel(dir)).rejects.toMatchObject({
    code: 'QUANTIZATION_INVALID',
    field: expect.stringMatching(/g_idx$/),
  });
});

test('modules that were left alone stay dense, and scales may be bfloat16', async () => {
  const original = await compressed(4, true);
  const quantization = { bits: 4, group_size: 32, format: 'gptq_v2', dynamic: { '-:.*mlp.*': {} } };
  const { tensors } = model;
  const dir = await rewritten(original, 'mixed-modules', {
    tensor: (tensor) => {
      const module = tensor.name.replace(/\.\w+$/, '');
      if (!/mlp/.test(module)) return tensor;
      if (!tensor.name.endsWith('qweight')) return undefined;
      const entry = tensors.get(`${module}.weight`)!;
      return { name: entry.name, dtype: entry.dtype, shape: entry.shape, data: readRaw(entry) };
    },
    quantization,
  });
  expect(quantizedModules(await openCheckpoint(dir)).length).toBeLessThan(14);
  await openModel(dir);
});

test.each(BITS)('a %i-bit symmetric zero point is the middle code', async (bits) => {
  const dir = await compressed(bits, true);
  const checkpoint = await openCheckpoint(dir);
  const { zeros } = readQuantizedLinear(checkpoint, quantizedModules(checkpoint)[0]!);
  expect(new Set(zeros)).toEqual(new Set([2 ** (bits - 1)]));
});

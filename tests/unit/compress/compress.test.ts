import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { readFloat32, readRaw } from '../../../src/core/checkpoint/safetensors.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import { gptq } from '../../../src/core/compress/gptq.ts';
import { Hessian } from '../../../src/core/compress/hessian.ts';
import type { CompressionJob } from '../../../src/core/compress/job.ts';
import { toKernelLayout } from '../../../src/core/compress/kernel-layout.ts';
import { defaultCompression } from '../../../src/core/compress/options.ts';
import {
  quantizedModules,
  readKernelWeights,
  readQuantizedLinear,
} from '../../../src/core/compress/read.ts';
import { createEngine } from '../../../src/core/engine/index.ts';
import { embed, forward } from '../../../src/core/models/model.ts';
import { familyOf } from '../../../src/core/models/registry.ts';
import { observed, storedWeights } from '../../../src/core/models/weights.ts';
import { calibrationIds, makeTinyModel, tinyConfig } from './tiny-model.ts';

let folder: string;
let checkpoint: Checkpoint;
const engine = await createEngine({ device: 'cpu', threads: 1 });
const options = { ...defaultCompression, bits: 2, groupSize: 16, actOrder: true } as const;
const { actOrder: _, staticGroups: __, damping: ___, ...grid } = options;
const rounding = { ...grid, method: 'rtn' } as const;
const calibration = calibrationIds(6, 24);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kintsugi-compress-'));
  checkpoint = await makeTinyModel(join(folder, 'model'));
});
afterAll(() => rm(folder, { recursive: true }));

const job = (out: string, changes: Partial<CompressionJob> = {}): CompressionJob => ({
  checkpoint,
  out: join(folder, out),
  options,
  calibration,
  engine,
  seed: 1,
  ...changes,
});

/** Names in the test's folder that hold `out`: the result, or what a failure left behind. */
const leftovers = async (out: string) =>
  (await readdir(folder)).filter((name) => name.includes(out));

/** Inputs of `module` over the calibration text when only `quantized` linears are compressed. */
async function inputsOf(module: string, compressed: Checkpoint, quantized: readonly string[]) {
  const family = familyOf(checkpoint.config, 'config.json');
  const kernels = new Map(
    quantized.map((name) => [name, toKernelLayout(readQuantizedLinear(compressed, name))]),
  );
  const eager = await createEngine({ device: 'eager' });
  const length = calibration.length;
  const sequences = calibration.ids.length / length;
  const executable = await eager.compile({
    name: 'inputs',
    inputs: { ids: { shape: [sequences, length], dtype: 'int32' } },
    build({ ids }) {
      let seen: tf.Tensor | undefined;
      const weights = observed(storedWeights(checkpoint.tensors, kernels), (name, x) => {
        if (name === module) seen = tf.clone(x);
      });
      const config = family.parseConfig(checkpoint.config, 'config.json');
      const model = { family, config, weights };
      forward(model, embed(model, ids!));
      return { seen: seen! };
    },
  });
  return (await executable.run({ ids: calibration.ids }))['seen'] as Float32Array;
}

describe('compress', () => {
  test('every linear is solved on inputs from everything quantised before it', async () => {
    await compress(job('sequential'));
    const compressed = await openCheckpoint(join(folder, 'sequential'));
    const family = familyOf(checkpoint.config, 'config.json');
    const config = family.parseConfig(checkpoint.config, 'config.json');
    const stages = [0, 1].flatMap((layer) => family.stages(config, layer));
    const agreement = async (module: string, before: readonly string[]) => {
      const found = readQuantizedLinear(compressed, module);
      const hessian = new Hessian(found.in);
      await hessian.add(await inputsOf(module, compressed, before), 6);
      const weight = readFloat32(checkpoint.tensors.get(`${module}.weight`)!);
      const { out, in: columns } = found;
      const problem = { weight, out, in: columns, hessian: hessian.values };
      const { codes } = (await gptq(options).compress(problem)).quantized!;
      return codes.filter((code, i) => code === found.codes[i]).length / codes.length;
    };
    const before: string[] = [];
    for (const stage of stages) {
      for (const module of stage) {
        expect(await agreement(module, before)).toBeGreaterThan(0.999);
        // The control: inputs of the uncompressed model lead to other codes.
        if (before.length > 0) expect(await agreement(module, [])).toBeLessThan(0.99);
      }
      before.push(...stage);
    }
  });

  test('writes a GPTQ v2 folder that keeps the rest of the model', async () => {
    const report = await compress(job('folder'));
    const dir = join(folder, 'folder');
    const compressed = await openCheckpoint(dir);
    expect(compressed.quantization).toMatchObject({
      quant_method: 'gptq',
      checkpoint_format: 'gptq_v2',
      bits: 2,
      group_size: 16,
      desc_act: true,
      sym: false,
    });
    const written = JSON.parse(await readFile(join(dir, 'quantize_config.json'), 'utf8'));
    expect(written).toEqual(compressed.quantization);
    expect(quantizedModules(compressed).toSorted()).toEqual(
      report.layers.map(({ module }) => module).toSorted(),
    );
    for (const [name, entry] of checkpoint.tensors) {
      const kept = compressed.tensors.get(name);
      const module = name.replace(/\.weight$/, '');
      if (quantizedModules(compressed).includes(module)) expect(kept).toBeUndefined();
      else expect(readRaw(kept!)).toEqual(readRaw(entry));
    }
    expect(await readFile(join(dir, 'tokenizer.json'), 'utf8')).toBe('{"model":{}}');
    expect(JSON.parse(await readFile(join(dir, 'kintsugi.json'), 'utf8'))).toEqual(report);
    expect(report.base).toBe(checkpoint.hash);
  });

  test('reports the sizes that are on disk and in memory', async () => {
    const report = await compress(job('sizes'));
    const dir = join(folder, 'sizes');
    const files = (await readdir(dir)).filter((name) => name.endsWith('.safetensors'));
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(dir, name))).size));
    expect(report.disk.compressed).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(report.disk.original).toBe((await stat(join(folder, 'model/model.safetensors'))).size);
    const compressed = await openCheckpoint(dir);
    const kernels = [...readKernelWeights(compressed).values()];
    const codes = kernels.map(
      (k) => k.codes().length + k.scales.byteLength + k.zeros.length + k.permutation!.byteLength,
    );
    const dense = [...compressed.tensors.values()].filter(({ dtype }) => dtype === 'F32');
    const total = [...codes, ...dense.map(({ length }) => length)];
    expect(report.memory.compressed).toBe(total.reduce((sum, size) => sum + size, 0));
  });

  test('the same job gives the same weights', async () => {
    await compress(job('first'));
    await compress(job('second'));
    const [first, second] = await Promise.all(
      ['first', 'second'].map((out) => openCheckpoint(join(folder, out))),
    );
    expect(first!.hash).toBe(second!.hash);
  });

  test('round-to-nearest needs no calibration, and GPTQ loses less', async () => {
    const { calibration: _, ...rest } = job('rtn-blind', {
      options: rounding,
    });
    const blind = await compress(rest);
    expect(blind.calibration).toEqual({ sequences: 0, length: 0 });
    const rounded = await compress(job('rtn', { options: rounding }));
    const solved = await compress(job('gptq'));
    const mean = (layers: typeof solved.layers) =>
      layers.reduce((sum, { error }) => sum + error, 0) / layers.length;
    expect(mean(solved.layers)).toBeLessThan(mean(rounded.layers));
  });

  test('reports progress for each linear', async () => {
    const seen: string[] = [];
    await compress(
      job('progress', {
        onProgress: ({ done, total, layer, secondsLeft }) => {
          expect(secondsLeft).toBeGreaterThanOrEqual(0);
          seen.push(`${done}/${total} ${layer.module.split('.').slice(2).join('.')}`);
        },
      }),
    );
    expect(seen[0]).toBe('1/14 0.self_attn.q_proj');
    expect(seen[13]).toBe('14/14 1.mlp.down_proj');
  });
});

describe('refusals', () => {
  test('cancelling leaves nothing but its unfinished work', async () => {
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => done === 5 && controller.abort();
    const cancelled = compress(job('cancelled', { onProgress, signal: controller.signal }));
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await leftovers('cancelled')).toEqual(['cancelled.partial']);
  });

  test('cancelling reaches into the calibration runs', async () => {
    const controller = new AbortController();
    const onProgress = () => setImmediate(() => controller.abort());
    const cancelled = compress(job('early', { onProgress, signal: controller.signal }));
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    const signal = AbortSignal.abort();
    await expect(compress(job('early', { signal }))).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await leftovers('early')).toEqual(['early.partial']);
  });

  test('a folder that holds something is refused, an empty one is used', async () => {
    await mkdir(join(folder, 'taken'));
    await compress(job('taken'));
    const again = compress(job('taken'));
    await expect(again).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(await leftovers('taken')).toEqual(['taken']);
  });

  test('a folder below a file is refused', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(compress(job('file/out'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  });

  test.each([
    ['bits', { bits: 5 }, /5 bits/],
    ['groupSize', { groupSize: 24 }, /Group size 24/],
    ['groupSize', { groupSize: 64 }, /32 input columns of model\.layers\.0\.self_attn\.q_proj/],
    ['damping', { damping: -1 }, /Damping/],
  ])('%s that does not fit', async (field, changes, message) => {
    const refused = compress(job('bad', { options: { ...options, ...changes } as typeof options }));
    await expect(refused).rejects.toMatchObject({ code: 'QUANTIZATION_INVALID', field });
    await expect(
      compress(job('bad', { options: { ...options, ...changes } as typeof options })),
    ).rejects.toThrow(message);
    expect(await leftovers('bad')).toEqual([]);
  });

  test('calibration that does not fit', async () => {
    const { calibration: _, ...none } = job('data');
    const wrong = { code: 'DATA_INVALID', field: 'calibration' };
    await expect(compress(none)).rejects.toMatchObject(wrong);
    const ids = Int32Array.of(1, 2, tinyConfig.vocab_size);
    for (const bad of [
      { ids, length: 3 },
      { ids, length: 2 },
      { ids: new Int32Array(0), length: 8 },
      { ids: new Int32Array(65), length: 65 },
    ])
      await expect(compress(job('data', { calibration: bad }))).rejects.toMatchObject(wrong);
  });

  test('too little memory, itemised', async () => {
    const refused = compress(job('memory', { memory: 1e6 }));
    await expect(refused).rejects.toMatchObject({ code: 'MEMORY_INSUFFICIENT' });
    await expect(compress(job('memory', { memory: 1e6 }))).rejects.toThrow(
      /program.*block's compressed weights.*calibration activations.*running a block.*1 MB are free/,
    );
  });

  test('a model that is already compressed', async () => {
    await compress(job('once'));
    const compressed = await openCheckpoint(join(folder, 'once'));
    await expect(compress(job('twice', { checkpoint: compressed }))).rejects.toMatchObject({
      code: 'QUANTIZATION_INVALID',
      field: 'quantization_config',
    });
  });
});

import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { asUnwritable, syncFolder, writeFileAtomic } from '../checkpoint/atomic.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import { openFolder } from '../checkpoint/paths.ts';
import { type TensorData, writeSafetensors } from '../checkpoint/safetensors.ts';
import { quantizationConfig } from './format.ts';
import { packLinear } from './packing.ts';
import type { QuantizedWeight } from './quantized.ts';
import type { CompressionReport } from './report.ts';

/** Files beside the weights that a model needs to be used. */
const COMPANIONS = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'chat_template.jinja',
  'generation_config.json',
];

/**
 * A compressed folder in the making: shards land in `<out>.partial-…` and nothing is called `out`
 * before everything is in it.
 */
export interface FolderWriter {
  /** Writes the next shard to disk. */
  addShard(tensors: readonly TensorData[]): Promise<void>;
  /** Bytes of the shards so far. */
  bytesWritten(): number;
  /** Adds config, tokenizer and report, then puts the folder in place. */
  finish(checkpoint: Checkpoint, report: CompressionReport): Promise<void>;
  /** Removes everything. */
  abandon(): Promise<void>;
}

/** @throws KintsugiError OUTPUT_UNWRITABLE when `out` holds something or cannot be written. */
export async function createFolderWriter(out: string, shards: number): Promise<FolderWriter> {
  const target = resolve(out);
  await refuseOccupied(target);
  const partial = await guarded(target, async () => {
    await mkdir(dirname(target), { recursive: true });
    return mkdtemp(join(dirname(target), `${basename(target)}.partial-`));
  });
  const weightMap: Record<string, string> = {};
  let bytes = 0;
  let written = 0;
  return {
    bytesWritten: () => bytes,
    async addShard(tensors) {
      written++;
      const file = shardName(written, shards);
      await guarded(target, async () => {
        await writeSafetensors(join(partial, file), tensors, { format: 'pt' });
        bytes += (await stat(join(partial, file))).size;
      });
      for (const { name } of tensors) weightMap[name] = file;
    },
    async finish(checkpoint, report) {
      await guarded(target, async () => {
        await writeConfig(partial, checkpoint, report);
        const index = { metadata: { total_size: bytes }, weight_map: weightMap };
        await writeJson(join(partial, 'model.safetensors.index.json'), index);
        await copyCompanions(checkpoint.dir, partial);
        await writeJson(join(partial, 'kintsugi.json'), report);
        await refuseOccupied(target);
        await rmdir(target).catch(ignoreMissing);
        await rename(partial, target);
        await syncFolder(dirname(target));
      });
    },
    abandon: () => rm(partial, { recursive: true, force: true }),
  };
}

/** The four tensors of one linear in a GPTQ v2 checkpoint. */
export function linearTensors(module: string, weight: QuantizedWeight): TensorData[] {
  const { out, in: columns, qweight, qzeros, scales, gIdx } = packLinear(weight);
  const groups = scales.length / out;
  return [
    stored(`${module}.qweight`, 'I32', [qweight.length / out, out], qweight),
    stored(`${module}.qzeros`, 'I32', [groups, qzeros.length / groups], qzeros),
    stored(`${module}.scales`, 'F16', [groups, out], scales),
    stored(`${module}.g_idx`, 'I32', [columns], gIdx),
  ];
}

function stored(
  name: string,
  dtype: TensorData['dtype'],
  shape: number[],
  values: ArrayBufferView,
): TensorData {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dtype, shape, data };
}

function shardName(index: number, count: number): string {
  const number = (value: number) => String(value).padStart(5, '0');
  return `model-${number(index)}-of-${number(count)}.safetensors`;
}

async function writeConfig(dir: string, checkpoint: Checkpoint, report: CompressionReport) {
  const quantization = quantizationConfig(report.recipe);
  const config = { ...checkpoint.config, quantization_config: quantization };
  await writeJson(join(dir, 'config.json'), config);
  await writeJson(join(dir, 'quantize_config.json'), quantization);
}

async function copyCompanions(from: string, to: string): Promise<void> {
  const folder = await openFolder(from);
  for (const name of COMPANIONS) {
    const file = await folder.inside(name).catch(ignoreMissing);
    if (file !== undefined) await copyFile(file, join(to, name), constants.COPYFILE_EXCL);
  }
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

async function refuseOccupied(target: string): Promise<void> {
  const entries = await guarded(target, () => readdir(target).catch(ignoreMissing));
  if (entries === undefined || entries.length === 0) return;
  throw new KintsugiError('OUTPUT_UNWRITABLE', `${target} already holds files`, {
    file: target,
    field: 'out',
    next: 'Choose a new or empty folder.',
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function guarded<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw asUnwritable(cause, target);
  }
}

import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { type FloatDtype, narrow, widen } from '../checkpoint/dtype.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import { openFolder } from '../checkpoint/paths.ts';
import { type TensorData, type TensorEntry, transpose } from '../checkpoint/safetensors.ts';
import { quantizationConfig, type ZeroFormat } from './format.ts';
import { packLinear } from './packing.ts';
import type { CompressedLinear, QuantizedWeight } from './quantized.ts';
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

/** The file name of shard `index`, from 1, of `count`. */
export function shardName(index: number, count: number): string {
  const number = (value: number) => String(value).padStart(5, '0');
  return `model-${number(index)}-of-${number(count)}.safetensors`;
}

/** Writes the index of shards that hold `bytes` together. */
export function writeIndex(
  dir: string,
  shards: ReadonlyMap<string, readonly string[]>,
  bytes: number,
): Promise<void> {
  const places = [...shards].flatMap(([file, names]) => names.map((name) => [name, file]));
  return writeJson(join(dir, 'model.safetensors.index.json'), {
    metadata: { total_size: bytes },
    weight_map: Object.fromEntries(places),
  });
}

/** Everything of a compressed folder but the weights: config, tokenizer and report. */
export async function writeCompanions(
  dir: string,
  checkpoint: Checkpoint,
  report: CompressionReport,
): Promise<void> {
  const quantization = quantizationConfig(report.recipe);
  const config = {
    ...checkpoint.config,
    ...(quantization && { quantization_config: quantization }),
  };
  await writeModelConfig(dir, checkpoint, config);
  if (quantization) await writeJson(join(dir, 'quantize_config.json'), quantization);
  await copyCompanions(checkpoint.dir, dir);
  await writeJson(join(dir, 'kintsugi.json'), report);
}

/**
 * Writes config.json for a model made from `checkpoint`. What was written there as 30.0 is so again:
 * JavaScript would make it 30, and transformers refuses an integer where a float belongs.
 */
export async function writeModelConfig(
  dir: string,
  checkpoint: Checkpoint,
  config: object,
): Promise<void> {
  const original = await readFile(join(checkpoint.dir, 'config.json'), 'utf8');
  const floats = new Set([...original.matchAll(/"(\w+)":\s*-?\d+\.0+\b/g)].map((m) => m[1]));
  const text = JSON.stringify(config, null, 2).replace(/"(\w+)": -?\d+(?=,?\n)/g, (field, name) =>
    floats.has(name) ? `${field}.0` : field,
  );
  await writeFileAtomic(join(dir, 'config.json'), `${text}\n`);
}

/** The linear as it reads back: a weight that stays dense is rounded to the `original`'s type. */
export function asStored(linear: CompressedLinear, { dtype }: TensorEntry): CompressedLinear {
  if (linear.quantized) return linear;
  const type = dtype as FloatDtype;
  return { ...linear, weight: widen(type, narrow(type, linear.weight)) };
}

/** The tensors of one compressed linear: its codes, or the weight in the `original`'s type. */
export function linearTensors(
  module: string,
  { weight, quantized }: Pick<CompressedLinear, 'weight' | 'quantized'>,
  { name, dtype, shape, transposed }: Pick<TensorEntry, 'name' | 'dtype' | 'shape' | 'transposed'>,
): TensorData[] {
  if (quantized) return codeTensors(module, quantized, 'v2');
  const type = dtype as FloatDtype;
  if (!transposed) return [{ name, dtype, shape, data: narrow(type, weight) }];
  const stored = shape.toReversed();
  return [{ name, dtype, shape: stored, data: narrow(type, transpose(weight, stored)) }];
}

/** The four tensors of one linear in a GPTQ checkpoint. */
export function codeTensors(
  module: string,
  weight: QuantizedWeight,
  zeros: ZeroFormat,
): TensorData[] {
  const { out, in: columns, qweight, qzeros, scales, gIdx } = packLinear(weight, zeros);
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

/** Copies what a model needs beside its weights, and `more` where it is there. */
export async function copyCompanions(
  from: string,
  to: string,
  more: readonly string[] = [],
): Promise<void> {
  const folder = await openFolder(from);
  for (const name of [...COMPANIONS, ...more]) {
    const file = await folder.inside(name).catch(ignoreMissing);
    if (file !== undefined) await copyFile(file, join(to, name));
  }
}

export function writeJson(path: string, value: unknown): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

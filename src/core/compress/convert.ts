import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { writeFolderAtomic } from '../checkpoint/atomic.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import {
  copyOf,
  type TensorData,
  type TensorStream,
  writeSafetensors,
} from '../checkpoint/safetensors.ts';
import { recogniseModel } from '../models/recognise.ts';
import {
  codeTensors,
  copyCompanions,
  linearTensors,
  shardName,
  writeIndex,
  writeJson,
  writeModelConfig,
} from './folder.ts';
import type { Quantization, ZeroFormat } from './format.ts';
import { pause } from './pause.ts';
import { dequantize, type QuantizedWeight } from './quantized.ts';
import { quantizedModules, readQuantization, readQuantizedLinear } from './read.ts';

/** GPTQ with z − 1, GPTQ with z, or float16 weights for programs that read no codes. */
export type ModelFormat = 'gptq' | 'gptq_v2' | 'dense';

export interface Conversion {
  readonly format: ModelFormat;
  /** Of the weights' files. */
  readonly bytes: number;
  readonly modules: number;
}

export interface ConversionRun {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes a quantised model in another format into the new folder `out`, a block at a time. Dense
 * weights are rounded to float16, which codes times scales do not always fit exactly.
 * @throws KintsugiError QUANTIZATION_INVALID naming what the format cannot hold, OUTPUT_UNWRITABLE,
 * CANCELLED, UNSUPPORTED_ARCHITECTURE
 */
export async function convertModel(
  given: Checkpoint,
  out: string,
  format: ModelFormat,
  { signal, onProgress }: ConversionRun = {},
): Promise<Conversion> {
  const { family, checkpoint } = recogniseModel(given);
  const { transposedLinears: transposed = false } = family;
  const modules = new Set(quantizedModules(checkpoint));
  if (modules.size === 0) throw notQuantized(checkpoint.dir);
  const quantization = readQuantization(checkpoint);
  const target = { modules, quantization, format, transposed };
  const shards = [...Map.groupBy(checkpoint.tensors.keys(), blockOf).values()];
  let bytes = 0;
  await writeFolderAtomic(out, async (dir) => {
    const files = new Map<string, string[]>();
    for (const [done, names] of shards.entries()) {
      await pause(signal);
      onProgress?.(done, shards.length);
      const file = shardName(done + 1, shards.length);
      const tensors = names.flatMap((name) => converted(checkpoint, name, target));
      await writeSafetensors(join(dir, file), tensors, { format: 'pt' });
      bytes += (await stat(join(dir, file))).size;
      files.set(
        file,
        tensors.map(({ name }) => name),
      );
    }
    await writeIndex(dir, files, bytes);
    await writeConfig(dir, checkpoint, format);
    await copyCompanions(checkpoint.dir, dir, ['kintsugi.json']);
  });
  return { format, bytes, modules: modules.size };
}

/** "model.layers.3." of a block's tensors, and nothing for all others. */
const blockOf = (name: string): string => /^.*?\.\d+\./.exec(name)?.[0] ?? '';

interface Target {
  readonly modules: ReadonlySet<string>;
  readonly quantization: Quantization;
  readonly format: ModelFormat;
  /** Whether dense weights are stored [in, out]. */
  readonly transposed: boolean;
}

/** What becomes of a tensor; a linear's come with its codes. */
function converted(
  checkpoint: Checkpoint,
  name: string,
  { modules, quantization, format, transposed }: Target,
): (TensorData | TensorStream)[] {
  const module = name.replace(/\.\w+$/, '');
  const kind = name.slice(module.length + 1);
  if (!modules.has(module) || kind === 'bias') {
    const entry = checkpoint.tensors.get(name)!;
    return [copyOf(entry.transposed ? { ...entry, shape: entry.shape.toReversed() } : entry)];
  }
  if (kind !== 'qweight') return [];
  const q = readQuantizedLinear(checkpoint, module, quantization);
  if (format === 'dense') {
    const entry = {
      name: `${module}.weight`,
      dtype: 'F16',
      shape: [q.out, q.in],
      transposed,
    } as const;
    return linearTensors(module, { weight: dequantize(q) }, entry);
  }
  if (format === 'gptq') checkSymmetric(module, q);
  return codeTensors(module, q, ZEROS[format]);
}

const ZEROS: Readonly<Record<Exclude<ModelFormat, 'dense'>, ZeroFormat>> = {
  gptq: 'v1',
  gptq_v2: 'v2',
};

/** Other programs take asymmetric "gptq" files from one writer only, and z = 0 does not fit. */
function checkSymmetric(module: string, { zeros, bits }: QuantizedWeight): void {
  if (zeros.every((z) => z === 2 ** (bits - 1))) return;
  throw new KintsugiError(
    'QUANTIZATION_INVALID',
    `The zero points of ${module} are not symmetric; the format gptq cannot hold them safely`,
    { field: 'format', next: 'Choose the format gptq_v2, or compress with symmetric grids.' },
  );
}

const notQuantized = (dir: string) =>
  new KintsugiError('QUANTIZATION_INVALID', 'The model has no quantised weights', {
    file: dir,
    field: 'model',
    next: 'Its folder is dense safetensors already; compress it with gptq or rtn first for codes.',
  });

async function writeConfig(dir: string, checkpoint: Checkpoint, format: ModelFormat) {
  const { quantization_config: _, ...config } = checkpoint.config;
  if (format === 'dense')
    return writeModelConfig(dir, checkpoint, { ...config, torch_dtype: 'float16' });
  const quantization = {
    ...checkpoint.quantization,
    quant_method: 'gptq',
    checkpoint_format: format,
    ...(checkpoint.quantization?.['format'] === undefined ? {} : { format }),
  };
  await writeModelConfig(dir, checkpoint, { ...config, quantization_config: quantization });
  await writeJson(join(dir, 'quantize_config.json'), quantization);
}

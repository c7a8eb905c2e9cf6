import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { DTYPE_BYTES, firstNonFinite, isFloatDtype } from './dtype.ts';
import { isObject, type JsonFile, type JsonObject, quote, readJsonObject } from './json.ts';
import { type Folder, openFolder } from './paths.ts';
import { indexOf, openSafetensors, type Safetensors, type TensorEntry } from './safetensors.ts';

/** A model in Hugging Face's folder layout. */
export interface Checkpoint {
  /** Absolute, symbolic links resolved. */
  readonly dir: string;
  /** config.json as parsed. Nothing in it has been checked. */
  readonly config: JsonObject;
  /** Parameters; buffers that some files hold too are left out. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** SHA-256 (hex) over the bytes of what was read: config.json, then the weights in order of name. */
  readonly hash: string;
  /** `config.quantization_config`, or quantize_config.json, where there is one. */
  readonly quantization: JsonObject | undefined;
  /** kintsugi.json, which compression leaves; no part of the model, and of its hash. */
  readonly provenance?: JsonObject;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** AutoGPTQ's place for what later files keep in config.json. */
const QUANTIZE = 'quantize_config.json';
const PROVENANCE = 'kintsugi.json';
/** Compressed weights in the engine's own layout, written beside them when they are opened. */
export const RUNTIME_FILE = 'runtime.safetensors';
/** What the run-time file was made from. */
export const RUNTIME_SEAL = 'runtime.json';

/** Larger than any in use: a mixture of 60,000 tensors has an index of 9 MB. */
const INDEX_LIMIT = 2 ** 25;
const CONFIG_LIMIT = 2 ** 22;

/**
 * Opens config.json and model.safetensors, or its shards, or the only safetensors file. All weights
 * are read once, to hash them and to refuse NaN and infinity.
 * @throws KintsugiError CHECKPOINT_MISSING, CHECKPOINT_INVALID, CONFIG_INVALID,
 * SAFETENSORS_INVALID, UNSAFE_FORMAT
 */
export async function openCheckpoint(dir: string): Promise<Checkpoint> {
  const { files, configBytes, quantizeBytes, ...opened } = await openHeaders(dir);
  const hash = createHash('sha256').update(configBytes);
  for (const file of files) await readWeights(file, hash);
  if (quantizeBytes !== undefined) hash.update(quantizeBytes);
  return { ...opened, hash: hash.digest('hex') };
}

/**
 * As openCheckpoint, without reading any weights: for what only looks at a folder.
 * @throws KintsugiError of openCheckpoint
 */
export async function openHeaders(dir: string): Promise<
  Omit<Checkpoint, 'hash'> & {
    readonly files: readonly Safetensors[];
    readonly configBytes: Uint8Array;
    /** Of quantize_config.json, where it says what config.json doesn't. */
    readonly quantizeBytes?: Uint8Array;
  }
> {
  const folder = await openFolder(dir).catch((cause) => {
    throw missing(dir, `There is no model folder ${dir}`, cause);
  });
  const names = await readdir(folder.path).catch((cause) => {
    throw missing(dir, `${dir} is not a folder`, cause);
  });
  if (!names.includes('config.json')) throw missing(dir, 'The model folder has no config.json');
  const files = await openWeights(folder, names);
  const config = await readJsonObject(await contained(folder, 'config.json'), {
    code: 'CONFIG_INVALID',
    limit: CONFIG_LIMIT,
    next: 'Download the model again, or correct the file.',
  });
  const own = config.value['quantization_config'];
  const separate = own === undefined ? await readQuantizeConfig(folder, names) : undefined;
  const quantization = own ?? separate?.value;
  const provenance = await readProvenance(folder, names);
  return {
    dir: folder.path,
    config: config.value,
    tensors: new Map(files.flatMap(({ tensors }) => [...tensors]).filter(([n]) => !isBuffer(n))),
    quantization: isObject(quantization) ? quantization : undefined,
    ...(provenance && { provenance }),
    files,
    configBytes: config.bytes,
    ...(separate !== undefined && { quantizeBytes: separate.bytes }),
  };
}

async function readQuantizeConfig(
  folder: Folder,
  names: readonly string[],
): Promise<JsonFile | undefined> {
  if (!names.includes(QUANTIZE)) return undefined;
  return readJsonObject(await contained(folder, QUANTIZE), {
    code: 'CONFIG_INVALID',
    limit: CONFIG_LIMIT,
    next: 'Download the model again, or correct the file.',
  });
}

/** A file of that name that is something else, or damaged, says nothing about the model. */
async function readProvenance(folder: Folder, names: readonly string[]) {
  if (!names.includes(PROVENANCE)) return undefined;
  const file = { code: 'CONFIG_INVALID', limit: INDEX_LIMIT, next: 'Leave the file out.' } as const;
  return contained(folder, PROVENANCE)
    .then((path) => readJsonObject(path, file))
    .then(
      ({ value }) => value,
      () => undefined,
    );
}

/** SHA-256 (hex) of a file, read in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/**
 * Masks and rotary frequencies that older versions of transformers saved beside the weights. They
 * follow from the configuration; some overflowed to infinity in 16 bits.
 */
const isBuffer = (name: string): boolean =>
  /(^|\.)(masked_bias|attn\.bias|attention\.bias|rotary_emb\.inv_freq)$/.test(name);

const missing = (file: string, message: string, cause?: unknown): KintsugiError =>
  new KintsugiError('CHECKPOINT_MISSING', message, {
    file,
    next: 'Give a folder with config.json and model.safetensors, or download the model again.',
    cause,
  });

const invalid = (file: string, message: string, field?: string): KintsugiError =>
  new KintsugiError('CHECKPOINT_INVALID', message, {
    file,
    next: 'Download the model again.',
    ...(field === undefined ? {} : { field }),
  });

async function contained({ path, inside }: Folder, name: string): Promise<string> {
  const file = join(path, name);
  const real = await inside(name).catch((cause) => {
    throw missing(file, `The model folder has no ${quote(name)}`, cause);
  });
  if (real === undefined) throw invalid(file, `${quote(name)} leads out of the model folder`, name);
  return real;
}

async function openWeights(folder: Folder, names: readonly string[]): Promise<Safetensors[]> {
  if (names.includes(SINGLE)) return [await openSafetensors(await contained(folder, SINGLE))];
  const index = names.find((name) => name.endsWith('.safetensors.index.json'));
  if (index !== undefined) return openShards(folder, names.includes(INDEX) ? INDEX : index);
  const [only, ...others] = names.filter(
    (name) => name.endsWith('.safetensors') && name !== RUNTIME_FILE,
  );
  if (only !== undefined && others.length === 0)
    return [await openSafetensors(await contained(folder, only))];
  const pickle = names.find((name) => /\.(bin|pt|pth|ckpt|pkl|pickle)$/i.test(name));
  if (pickle !== undefined)
    throw new KintsugiError(
      'UNSAFE_FORMAT',
      `${pickle} is a Python pickle, which can run any program when it is opened`,
      {
        file: join(folder.path, pickle),
        next: 'Convert the model to safetensors, or download its safetensors version.',
      },
    );
  throw missing(folder.path, `The model folder has no ${SINGLE}`);
}

/** Every tensor is in the shard that the index names, and every shard holds nothing else. */
async function openShards(folder: Folder, index: string): Promise<Safetensors[]> {
  const file = await contained(folder, index);
  const { value } = await readJsonObject(file, {
    code: 'CHECKPOINT_INVALID',
    limit: INDEX_LIMIT,
    next: 'Download the model again.',
  });
  const shardOf = weightMap(file, value);
  const shards: Safetensors[] = [];
  for (const name of [...new Set(shardOf.values())].toSorted()) {
    const shard = await openSafetensors(await contained(folder, name));
    for (const tensor of shard.tensors.keys())
      if (shardOf.get(tensor) !== name)
        throw invalid(file, `The index doesn't place ${quote(tensor)} in ${quote(name)}`, tensor);
    shards.push(shard);
  }
  const found = new Set(shards.flatMap(({ tensors }) => [...tensors.keys()]));
  for (const [tensor, shard] of shardOf)
    if (!found.has(tensor))
      throw invalid(file, `${quote(shard)} has no tensor ${quote(tensor)}`, tensor);
  return shards;
}

function weightMap(file: string, index: JsonObject): ReadonlyMap<string, string> {
  const map = index['weight_map'];
  if (!isObject(map)) throw invalid(file, 'The index has no weight_map', 'weight_map');
  for (const [tensor, shard] of Object.entries(map))
    if (typeof shard !== 'string' || !shard.endsWith('.safetensors'))
      throw invalid(file, `The index gives ${quote(tensor)} no safetensors file`, tensor);
  return new Map(Object.entries(map) as [string, string][]);
}

/** Bytes read together; a multiple of every element's size. */
const CHUNK = 2 ** 22;

/** Feeds a whole file to `hash`: its header, then its tensors, which follow without a gap. */
async function readWeights({ path, tensors }: Safetensors, hash: Hash): Promise<void> {
  const file = await open(path);
  const buffer = new Uint8Array(CHUNK);
  const read = async (position: number, wanted: number): Promise<Uint8Array> => {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, wanted), position);
    if (bytesRead < Math.min(CHUNK, wanted)) throw invalid(path, `${basename(path)} shrank`);
    hash.update(buffer.subarray(0, bytesRead));
    return buffer.subarray(0, bytesRead);
  };
  try {
    const start = await dataStart(file, tensors);
    for (let at = 0; at < start; at += CHUNK) await read(at, start - at);
    for (const entry of tensors.values())
      for (let at = 0; at < entry.length; at += CHUNK)
        refuseNonFinite(entry, at, await read(entry.offset + at, entry.length - at));
  } finally {
    await file.close();
  }
}

async function dataStart(
  file: FileHandle,
  tensors: ReadonlyMap<string, TensorEntry>,
): Promise<number> {
  const [first] = tensors.values();
  return first?.offset ?? (await file.stat()).size;
}

function refuseNonFinite({ name, dtype, shape, path }: TensorEntry, at: number, bytes: Uint8Array) {
  if (!isFloatDtype(dtype) || isBuffer(name)) return;
  const found = firstNonFinite(dtype, bytes);
  if (found < 0) return;
  const position = indexOf(shape, at / DTYPE_BYTES[dtype] + found);
  throw new KintsugiError(
    'CHECKPOINT_INVALID',
    `${quote(name)} holds NaN or infinity at [${position.join(', ')}]`,
    { file: path, field: name, next: 'Use a model whose training did not diverge.' },
  );
}

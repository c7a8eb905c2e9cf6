import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { KintsugiError } from '../../shared/errors.ts';
import { free } from '../free.ts';
import { writeAtomically } from './atomic.ts';
import { DTYPE_BYTES, type Dtype, firstNonFinite, isFloatDtype, widen } from './dtype.ts';
import {
  byteLength,
  encodeHeader,
  HEADER_LIMIT,
  invalidSafetensors,
  parseHeader,
  type TensorInfo,
} from './header.ts';

/** Where a tensor lies on disk. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** Of the first byte in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The file holds the transpose of the matrix that `shape` describes. */
  readonly transposed?: boolean;
}

export interface Safetensors {
  readonly path: string;
  /** In order of their data; together they are everything after the header. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads and checks the header of a safetensors file; no tensor data are read.
 * @throws KintsugiError CHECKPOINT_MISSING, SAFETENSORS_INVALID
 */
export async function openSafetensors(file: string): Promise<Safetensors> {
  const { path, size } = await locate(file);
  const handle = await open(path);
  try {
    const length = await headerLength(handle, path, size);
    const header = parseHeader(await readAt(handle, 8, length), size - 8 - length, path);
    const tensors = header.tensors.map(({ begin, end, ...info }): [string, TensorEntry] => [
      info.name,
      { ...info, path, offset: 8 + length + begin, length: end - begin },
    ]);
    return { path, tensors: new Map(tensors), metadata: header.metadata };
  } finally {
    await handle.close();
  }
}

async function locate(file: string): Promise<{ path: string; size: number }> {
  const missing = (message: string, cause?: unknown) =>
    new KintsugiError('CHECKPOINT_MISSING', `${file} ${message}`, {
      file,
      next: 'Check the path, or download the model again.',
      cause,
    });
  try {
    const path = await realpath(file);
    const stats = await stat(path);
    // A named pipe would block the open that follows.
    if (!stats.isFile()) throw missing('is not a file');
    return { path, size: stats.size };
  } catch (cause) {
    throw cause instanceof KintsugiError ? cause : missing('cannot be opened', cause);
  }
}

async function headerLength(file: FileHandle, path: string, size: number): Promise<number> {
  if (size < 8) throw invalidSafetensors(path, `has ${size} bytes, too few for a header`);
  const bytes = await readAt(file, 0, 8);
  if (Buffer.from(bytes).toString('latin1') === 'version ')
    throw invalidSafetensors(path, 'is a Git LFS pointer, not the model: run `git lfs pull`');
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  if (length > HEADER_LIMIT)
    throw invalidSafetensors(path, `the header's length ${length} is over ${HEADER_LIMIT} bytes`);
  if (Number(length) > size - 8)
    throw invalidSafetensors(path, `the header's length ${length} is beyond the end of the file`);
  return Number(length);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** One read call moves less than 2 GiB. */
const READ_LIMIT = 2 ** 30;

/** The bytes of a tensor, in a buffer of their own. @throws KintsugiError SAFETENSORS_INVALID */
export function readRaw(entry: TensorEntry): Uint8Array {
  return readPart(entry, 0, entry.length);
}

function readPart(entry: TensorEntry, start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(entry.path, 'r');
  try {
    let done = 0;
    while (done < length) {
      const wanted = Math.min(READ_LIMIT, length - done);
      const read = readSync(file, bytes, done, wanted, entry.offset + start + done);
      if (read === 0) throw invalidSafetensors(entry.path, 'shrank while in use', entry.name);
      done += read;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

/** The values of an F32, F16 or BF16 tensor. @throws KintsugiError SAFETENSORS_INVALID */
export function readFloat32(entry: TensorEntry): Float32Array {
  const { dtype } = entry;
  if (!isFloatDtype(dtype))
    throw invalidSafetensors(entry.path, `${entry.name} is ${dtype}, not a float`, entry.name);
  const bytes = readRaw(entry);
  const values = widen(dtype, bytes);
  if (values.buffer !== bytes.buffer) free(bytes);
  return entry.transposed ? transpose(values, entry.shape) : values;
}

/** The matrix [rows, columns] of which `values` holds the transpose. */
export function transpose(values: Float32Array, shape: readonly number[]): Float32Array {
  const [rows, columns] = shape as [number, number];
  const matrix = new Float32Array(values.length);
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++)
      matrix[row * columns + column] = values[column * rows + row]!;
  return matrix;
}

/** Position of a value in its tensor, one index per dimension. */
export function indexOf(shape: readonly number[], flat: number): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const size of shape.toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

/** Bytes looked at together when a whole tensor need not be in memory; a multiple of every size. */
const CHUNK = 2 ** 22;

/** The bytes of a tensor in pieces of at most 4 MiB. @throws KintsugiError SAFETENSORS_INVALID */
function* readChunks(entry: TensorEntry): Generator<Uint8Array> {
  for (let start = 0; start < entry.length; start += CHUNK)
    yield readPart(entry, start, Math.min(CHUNK, entry.length - start));
}

/** Where the first NaN or infinity of a float tensor is, or undefined. Reads in pieces. */
export function findNonFinite(entry: TensorEntry): number[] | undefined {
  const { dtype, shape } = entry;
  if (!isFloatDtype(dtype)) return undefined;
  let before = 0;
  for (const chunk of readChunks(entry)) {
    const found = firstNonFinite(dtype, chunk);
    if (found >= 0) return indexOf(shape, before + found);
    before += chunk.length / DTYPE_BYTES[dtype];
  }
  return undefined;
}

export interface TensorData {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly data: Uint8Array;
}

/** A tensor to write whose bytes are made, or read, piece by piece as they are written. */
export interface TensorStream extends Omit<TensorData, 'data'> {
  readonly data: () => Iterable<Uint8Array>;
}

/** A tensor of another file, to be written as it is without being in memory whole. */
export const copyOf = (entry: TensorEntry): TensorStream => ({
  name: entry.name,
  dtype: entry.dtype,
  shape: entry.shape,
  data: () => readChunks(entry),
});

/**
 * Writes a safetensors file, completely or not at all. As in the reference implementation wider
 * elements come first, so that every tensor is aligned to its element.
 * @throws KintsugiError OUTPUT_UNWRITABLE
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly (TensorData | TensorStream)[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ordered = tensors.toSorted((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype]);
  const header = encodeHeader({ tensors: layOut(ordered), metadata });
  await writeAtomically(path, async (file) => {
    await file.writeFile(header);
    for (const tensor of ordered) await writeTensor(file, tensor);
  });
}

async function writeTensor(file: FileHandle, tensor: TensorData | TensorStream): Promise<void> {
  const { name, dtype, shape, data } = tensor;
  let written = 0;
  for (const chunk of typeof data === 'function' ? data() : [data]) {
    written += chunk.length;
    await file.writeFile(chunk);
  }
  if (written !== byteLength(dtype, shape))
    throw new RangeError(`${name}: ${written} bytes are not ${dtype} [${shape}]`);
}

function layOut(tensors: readonly Omit<TensorInfo, 'begin' | 'end'>[]): TensorInfo[] {
  let end = 0;
  const infos = tensors.map(({ name, dtype, shape }) => {
    const begin = end;
    end += byteLength(dtype, shape)!;
    return { name, dtype, shape, begin, end };
  });
  if (new Set(infos.map(({ name }) => name)).size < infos.length)
    throw new RangeError('Two tensors have one name');
  return infos;
}

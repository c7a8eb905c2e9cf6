import { basename } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { DTYPE_BYTES, type Dtype, isDtype } from './dtype.ts';
import { isObject, type JsonObject, parseStrictJson, quote } from './json.ts';

/** The reference implementation's bound. */
export const HEADER_LIMIT = 100_000_000;

/** ONNX Runtime and tfjs count a dimension in 32 bits. */
const DIMENSION_LIMIT = 2 ** 31 - 1;

const METADATA = '__metadata__';

/** A tensor as the header describes it; offsets are relative to the first byte after the header. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In order of their data. */
  readonly tensors: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, string>>;
}

export const invalidSafetensors = (
  file: string,
  message: string,
  field?: string,
  cause?: unknown,
): KintsugiError =>
  new KintsugiError('SAFETENSORS_INVALID', `${basename(file)}: ${message}`, {
    file,
    next: 'Download or export the file again; it is damaged or was not made by safetensors.',
    cause,
    ...(field === undefined ? {} : { field }),
  });

/**
 * Reads and checks a header: valid UTF-8 and JSON without repeated names; known dtypes; every
 * length equal to shape × dtype; the tensors fill the `dataLength` bytes behind the header without
 * hole or overlap. Format: github.com/huggingface/safetensors.
 * @throws KintsugiError SAFETENSORS_INVALID naming `file` and the tensor
 */
export function parseHeader(bytes: Uint8Array, dataLength: number, file: string): Header {
  if (bytes[0] !== 0x7b) throw invalidSafetensors(file, 'the header does not start with {');
  let parsed: unknown;
  try {
    parsed = parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidSafetensors(
      file,
      `the header is not valid JSON: ${(cause as Error).message}`,
      undefined,
      cause,
    );
  }
  if (!isObject(parsed)) throw invalidSafetensors(file, 'the header is not an object');
  const tensors: TensorInfo[] = [];
  for (const [name, info] of Object.entries(parsed))
    if (name !== METADATA) tensors.push(checkTensor(file, name, info));
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(file, tensors, dataLength);
  return { tensors, metadata: checkMetadata(file, parsed) };
}

function checkTensor(file: string, name: string, info: unknown): TensorInfo {
  const fault = (message: string) =>
    invalidSafetensors(file, `tensor ${quote(name)}: ${message}`, name);
  if (!name.isWellFormed()) throw fault('the name is not valid Unicode');
  if (!isObject(info)) throw fault('is not described by an object');
  const { dtype, shape, data_offsets: offsets } = info;
  if (!isDtype(dtype)) throw fault(`unknown dtype ${quote(String(dtype))}`);
  if (!isCounts(shape, DIMENSION_LIMIT))
    throw fault('the shape must be a list of whole numbers from 0 to 2³¹ − 1');
  if (!isCounts(offsets, Number.MAX_SAFE_INTEGER) || offsets.length !== 2)
    throw fault('data_offsets must be two whole numbers from 0 to 2⁵³ − 1');
  const [begin, end] = offsets as [number, number];
  if (end < begin) throw fault(`its data end at ${end}, before they begin at ${begin}`);
  const length = byteLength(dtype, shape);
  if (length === undefined) throw fault('the shape has too many elements');
  if (length !== end - begin)
    throw fault(`${dtype} [${shape}] takes ${length} bytes, the offsets say ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

const isCounts = (value: unknown, limit: number): value is readonly number[] =>
  Array.isArray(value) && value.every((n) => Number.isInteger(n) && n >= 0 && n <= limit);

/** Bytes of a tensor, or undefined when they can't be counted exactly. */
export function byteLength(dtype: Dtype, shape: readonly number[]): number | undefined {
  const length = shape.includes(0) ? 0 : shape.reduce((n, d) => n * d, DTYPE_BYTES[dtype]);
  return Number.isSafeInteger(length) ? length : undefined;
}

function checkLayout(file: string, tensors: readonly TensorInfo[], dataLength: number): void {
  let end = 0;
  for (const { name, ...tensor } of tensors) {
    const what = tensor.begin < end ? 'overlap the tensor before' : 'leave a hole before them';
    if (tensor.begin !== end)
      throw invalidSafetensors(file, `tensor ${quote(name)}: its data ${what}`, name);
    end = tensor.end;
  }
  if (end > dataLength)
    throw invalidSafetensors(
      file,
      `the file is truncated: ${dataLength} bytes of data, its header describes ${end}`,
      tensors.at(-1)?.name,
    );
  if (end < dataLength)
    throw invalidSafetensors(file, `${dataLength - end} bytes follow the last tensor`);
}

function checkMetadata(file: string, header: JsonObject): Readonly<Record<string, string>> {
  const metadata = Object.hasOwn(header, METADATA) ? header[METADATA] : {};
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string'))
    throw invalidSafetensors(file, `${METADATA} must map names to strings`, METADATA);
  return Object.assign(Object.create(null), metadata);
}

/** The bytes in front of the data: length, JSON, and spaces up to a multiple of 8 as the reference writes. */
export function encodeHeader({ tensors, metadata }: Header): Uint8Array {
  const entries: [string, unknown][] = tensors.map(({ name, dtype, shape, begin, end }) => [
    name,
    { dtype, shape, data_offsets: [begin, end] },
  ]);
  if (Object.keys(metadata).length > 0) entries.unshift([METADATA, metadata]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return bytes;
}

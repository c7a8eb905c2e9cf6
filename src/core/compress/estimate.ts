import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type CompressionOptions, gridOf } from '../../shared/compression.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { ModelConfig } from '../models/family.ts';
import type { LinearShape } from './options.ts';
import { groupColumns } from './quantized.ts';

export interface SizeItem {
  readonly name: string;
  readonly bytes: number;
}

export interface SizeEstimate {
  readonly items: readonly SizeItem[];
  readonly total: number;
}

/** What decides the size of a compression. */
export interface CompressionSize {
  readonly config: ModelConfig;
  readonly options: CompressionOptions;
  /** Each block's linears. */
  readonly blocks: readonly (readonly LinearShape[])[];
  /** Calibration sequences, their length in tokens, and how many run together. */
  readonly text:
    | { readonly sequences: number; readonly length: number; readonly batch: number }
    | undefined;
  /** Bytes per weight of the checkpoint's linears. */
  readonly weightBytes: number;
  /** Bytes of the tensors that are copied as they are. */
  readonly dense: number;
}

const FLOAT = 4;
/** Node, the runtime's libraries and what it keeps, as measured on an idle engine. */
const BASE = 200 * 2 ** 20;
/** Bytes per weight of the linear being solved: as it was, working copy, as it becomes, codes, packed. */
const SOLVE = 14;
/** Bytes per entry of H while it is factored: H, its permuted copy that becomes U, fp64 panels of half. */
const FACTOR = 12;
/** fp32 vectors of hidden size, and of the widest linear, that a block holds per token. */
const HIDDEN_VECTORS = 8;
const WIDE_VECTORS = 4;
/** Score matrices that attention holds. */
const SCORES = 2;

/**
 * Peak memory of a compression, itemised; the steps that follow each other count once, by the
 * largest. It does not depend on how many blocks or how large a vocabulary the model has.
 */
export function estimateMemory(size: CompressionSize): SizeEstimate {
  const { config, options } = size;
  const { sequences, length, batch } = size.text ?? { sequences: 0, length: 0, batch: 0 };
  const linears = size.blocks.flat();
  const block = Math.max(...size.blocks.map(weightsOf));
  const linear = Math.max(...linears.map((l) => l.out * l.in));
  const columns = Math.max(...linears.map((l) => l.in));
  const square = sequences > 0 ? columns ** 2 : 0;
  const vectors = HIDDEN_VECTORS * config.hiddenSize + WIDE_VECTORS * columns;
  const scores = SCORES * config.heads * length;
  const running = FLOAT * block + batch * length * (vectors + scores) * FLOAT;
  // Codes of a byte, and packed for the file; or the file's own floats, twice.
  const waiting = gridOf(options) ? 1 + gridOf(options)!.bits / 8 : 2 * size.weightBytes;
  const steps = [
    ...(sequences > 0 ? [{ name: 'running a block', bytes: running }] : []),
    { name: 'factoring the widest Hessian', bytes: FACTOR * square },
    { name: 'solving the largest linear', bytes: SOLVE * linear + 2 * FLOAT * square },
  ];
  return totalled([
    { name: 'program and runtime', bytes: BASE },
    { name: "a block's compressed weights", bytes: block * waiting },
    { name: 'calibration activations', bytes: activationBytes(size) },
    steps.reduce((largest, step) => (step.bytes > largest.bytes ? step : largest)),
  ]);
}

/** What a compression writes, itemised; the unfinished part becomes the result in its place. */
export function estimateDisk(size: CompressionSize): SizeEstimate {
  const linears = size.blocks.flat();
  const bytes = linears.reduce((sum, linear) => sum + storedBytes(linear, size), 0);
  return totalled([
    { name: 'compressed linears', bytes },
    { name: 'tensors copied as they are', bytes: size.dense },
    // The new ones are written before the old ones go.
    { name: 'activations to go on from, twice', bytes: 2 * activationBytes(size) },
  ]);
}

const totalled = (items: readonly SizeItem[]): SizeEstimate => ({
  items,
  total: items.reduce((sum, { bytes }) => sum + bytes, 0),
});

const activationBytes = ({ text, config }: CompressionSize): number =>
  text ? text.sequences * text.length * config.hiddenSize * FLOAT : 0;

/** Codes, a fp16 scale and a zero per group, and the group of every column; or plain floats. */
function storedBytes({ out, in: columns }: LinearShape, size: CompressionSize): number {
  const grid = gridOf(size.options);
  if (grid === null) return out * columns * size.weightBytes;
  const groups = Math.ceil(columns / groupColumns(grid.groupSize, columns));
  return (out * columns * grid.bits) / 8 + groups * out * (2 + grid.bits / 8) + 4 * columns;
}

const weightsOf = (block: readonly LinearShape[]) =>
  block.reduce((sum, linear) => sum + linear.out * linear.in, 0);

/** @throws KintsugiError MEMORY_INSUFFICIENT itemising the estimate. */
export function requireMemory({ items, total }: SizeEstimate, available: number): void {
  if (total <= available) return;
  throw new KintsugiError(
    'MEMORY_INSUFFICIENT',
    `Compressing needs about ${megabytes(total)} (${listed(items)}); ${megabytes(available)} are free`,
    {
      field: 'memory',
      next: 'Use fewer or shorter calibration sequences, or close other programs.',
    },
  );
}

/** @throws KintsugiError DISK_INSUFFICIENT itemising the estimate. */
export function requireDisk({ items, total }: SizeEstimate, available: number, file: string): void {
  if (total <= available) return;
  throw new KintsugiError(
    'DISK_INSUFFICIENT',
    `Compressing writes about ${megabytes(total)} (${listed(items)}); ${megabytes(available)} are free`,
    { field: 'out', file, next: 'Free space there, or choose an output on another disk.' },
  );
}

/** Bytes free for a folder that may not exist yet. */
export async function freeDisk(path: string): Promise<number> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await statfs(folder).catch(() => undefined);
    if (found) return found.bavail * found.bsize;
    if (folder === dirname(folder)) return Number.POSITIVE_INFINITY;
  }
}

const listed = (items: readonly SizeItem[]) =>
  items.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ');

const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`;

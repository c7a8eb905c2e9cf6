import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { isFloatDtype } from '../checkpoint/dtype.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import { readFloat32, readRaw, type TensorEntry } from '../checkpoint/safetensors.ts';
import type { KernelWeights } from '../engine/custom/quantized.ts';
import { parseQuantizationConfig, type Quantization } from './format.ts';
import { kernelCodes, kernelGrids } from './kernel-layout.ts';
import { packedWords, unpackCodes, unpackGrids, unpackZeros } from './packing.ts';
import { groupColumns, type QuantizedWeight } from './quantized.ts';
import { countZeros, zeroFormat } from './zeros.ts';

const CODES = '.qweight';
type Tensors = Pick<Checkpoint, 'tensors'>;

/** The linears that a checkpoint stores as codes. */
export function quantizedModules({ tensors }: Tensors): string[] {
  const names = [...tensors.keys()].filter((name) => name.endsWith(CODES));
  return names.map((name) => name.slice(0, -CODES.length));
}

/** A linear in the run-time layout, whose codes are only made when they are asked for. */
export interface LazyKernelWeights extends Omit<KernelWeights, 'codes'> {
  readonly codes: () => Uint8Array;
}

/** Every quantised linear in the run-time layout, by module; empty for a dense checkpoint. */
export function readKernelWeights(checkpoint: Checkpoint): ReadonlyMap<string, LazyKernelWeights> {
  const modules = quantizedModules(checkpoint);
  if (modules.length === 0) return new Map();
  const quantization = readQuantization(checkpoint);
  return new Map(
    modules.map((module) => {
      const grids = kernelGrids(readGrids(checkpoint, module, quantization));
      const codes = () => kernelCodes(readQuantizedLinear(checkpoint, module, quantization));
      return [module, { ...grids, codes }];
    }),
  );
}

/**
 * How a checkpoint stores its codes: its configuration, put right where its zeros tell otherwise.
 * @throws KintsugiError QUANTIZATION_INVALID naming the field that we can't read.
 */
export function readQuantization(checkpoint: Checkpoint): Quantization {
  const config = join(checkpoint.dir, 'config.json');
  const declared = parseQuantizationConfig(checkpoint.quantization, config);
  const stored = quantizedModules(checkpoint).map((module) => {
    const { out, groups, zeros } = shapesOf(checkpoint, module, declared);
    return unpackZeros(new Int32Array(bufferOf(zeros)), groups, out, declared.bits);
  });
  return { ...declared, zeros: zeroFormat(declared, countZeros(stored)) };
}

/**
 * The codes of one linear of a GPTQ checkpoint.
 * @throws KintsugiError QUANTIZATION_INVALID naming the tensor or field at fault.
 */
export function readQuantizedLinear(
  checkpoint: Checkpoint,
  module: string,
  quantization: Quantization = readQuantization(checkpoint),
): QuantizedWeight {
  const { out, columns, codes } = shapesOf(checkpoint, module, quantization);
  const { bits } = quantization;
  const qweight = new Int32Array(bufferOf(codes));
  return {
    ...readGrids(checkpoint, module, quantization),
    codes: unpackCodes({ out, in: columns, bits, qweight }),
  };
}

/** Everything of a linear but its codes, which are most of it. */
function readGrids(
  checkpoint: Checkpoint,
  module: string,
  quantization: Quantization,
): Omit<QuantizedWeight, 'codes'> {
  const { bits, groupSize } = quantization;
  const { out, columns, scales, zeros, groups } = shapesOf(checkpoint, module, quantization);
  const packed = {
    out,
    in: columns,
    bits,
    groupSize,
    qzeros: new Int32Array(bufferOf(zeros)),
    scales: readFloat32(scales),
    gIdx: groupsOf(checkpoint, module, quantization, columns, groups),
  };
  return unpackGrids(packed, quantization.zeros);
}

/** The sizes and tensors of a linear, checked against each other. */
function shapesOf(checkpoint: Tensors, module: string, { bits, groupSize }: Quantization) {
  const codes = find(checkpoint, `${module}${CODES}`);
  const zeros = find(checkpoint, `${module}.qzeros`);
  const scales = find(checkpoint, `${module}.scales`);
  for (const entry of [codes, zeros])
    if (entry.dtype !== 'I32') throw invalid(entry, `is ${entry.dtype}, not I32`);
  if (!isFloatDtype(scales.dtype)) throw invalid(scales, `is ${scales.dtype}, not a float`);
  const out = codes.shape[1] ?? 0;
  const indexed = checkpoint.tensors.get(`${module}.g_idx`);
  const columns = (indexed ? indexed.shape[0]! : ((codes.shape[0] ?? 0) * 32) / bits) | 0;
  const size = groupColumns(groupSize, columns);
  if (columns === 0 || columns % 16 !== 0 || columns % size !== 0)
    throw invalid(indexed ?? codes, `${columns} input columns do not fit group size ${groupSize}`);
  const groups = columns / size;
  expectShape(codes, [packedWords(columns, bits), out]);
  expectShape(scales, [groups, out]);
  expectShape(zeros, [groups, packedWords(out, bits)]);
  return { out, columns, groups, codes, scales, zeros };
}

/** The group of each column; files without act-order may leave it out. */
function groupsOf(
  checkpoint: Checkpoint,
  module: string,
  { groupSize, actOrder }: Quantization,
  columns: number,
  groups: number,
): Int32Array {
  const size = groupColumns(groupSize, columns);
  const name = `${module}.g_idx`;
  if (!actOrder && !checkpoint.tensors.has(name))
    return Int32Array.from({ length: columns }, (_, i) => Math.floor(i / size));
  const entry = find(checkpoint, name);
  if (entry.dtype !== 'I32') throw invalid(entry, `is ${entry.dtype}, not I32`);
  const gIdx = new Int32Array(bufferOf(entry));
  checkGroups(gIdx, groups, size, entry);
  return gIdx;
}

function find({ tensors }: Tensors, name: string): TensorEntry {
  const entry = tensors.get(name);
  if (entry !== undefined) return entry;
  throw new KintsugiError('QUANTIZATION_INVALID', `The checkpoint has no tensor ${name}`, {
    field: name,
    next: 'Download the model again, or compress it again.',
  });
}

function expectShape(entry: TensorEntry, shape: readonly number[]): void {
  if (entry.shape.length !== shape.length || shape.some((size, i) => entry.shape[i] !== size))
    throw invalid(entry, `has shape [${entry.shape}], not [${shape}]`);
}

const invalid = (entry: TensorEntry, problem: string) =>
  new KintsugiError('QUANTIZATION_INVALID', `${entry.name} ${problem}`, {
    file: entry.path,
    field: entry.name,
    next: 'Download the model again, or compress it again.',
  });

/** The run-time kernel needs every group to hold exactly `size` columns. */
function checkGroups(gIdx: Int32Array, groups: number, size: number, entry: TensorEntry): void {
  const members = new Int32Array(groups);
  // One that names no group is missing in another's count.
  for (const group of gIdx) members[group]!++;
  if (members.some((count) => count !== size))
    throw invalid(entry, `does not give each group ${size} columns`);
}

const bufferOf = (entry: TensorEntry) => readRaw(entry).buffer;

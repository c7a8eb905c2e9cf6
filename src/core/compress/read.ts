/// <reference lib="es2025.float16" />
import { join } from 'node:path';
import type { Bits } from '../../shared/compression.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import { readRaw, type TensorEntry } from '../checkpoint/safetensors.ts';
import type { KernelWeights } from '../engine/custom/quantized.ts';
import { parseQuantizationConfig } from './format.ts';
import { toKernelLayout } from './kernel-layout.ts';
import { packedWords, unpackLinear } from './packing.ts';
import { groupColumns, type QuantizedWeight } from './quantized.ts';

const CODES = '.qweight';

/** The linears that a checkpoint stores as codes. */
export function quantizedModules(checkpoint: Checkpoint): string[] {
  const names = [...checkpoint.tensors.keys()].filter((name) => name.endsWith(CODES));
  return names.map((name) => name.slice(0, -CODES.length));
}

/** Every quantised linear in the run-time layout, by module; empty for a dense checkpoint. */
export function readKernelWeights(checkpoint: Checkpoint): ReadonlyMap<string, KernelWeights> {
  const modules = quantizedModules(checkpoint);
  return new Map(
    modules.map((module) => [module, toKernelLayout(readQuantizedLinear(checkpoint, module))]),
  );
}

/**
 * The codes of one linear of a GPTQ v2 checkpoint.
 * @throws KintsugiError QUANTIZATION_INVALID naming the tensor or field at fault.
 */
export function readQuantizedLinear(checkpoint: Checkpoint, module: string): QuantizedWeight {
  const config = join(checkpoint.dir, 'config.json');
  const { bits, groupSize } = parseQuantizationConfig(checkpoint.quantization, config);
  const codes = find(checkpoint, `${module}${CODES}`, 'I32');
  const scaleEntry = find(checkpoint, `${module}.scales`, 'F16');
  const zeroEntry = find(checkpoint, `${module}.qzeros`, 'I32');
  const groupEntry = find(checkpoint, `${module}.g_idx`, 'I32');
  const columns = groupEntry.shape[0]!;
  const out = codes.shape[1] ?? 0;
  const size = groupColumns(groupSize, columns);
  if (columns === 0 || columns % 16 !== 0 || columns % size !== 0)
    throw invalid(groupEntry, `${columns} input columns do not fit group size ${groupSize}`);
  const groups = columns / size;
  expectShape(codes, [packedWords(columns, bits as Bits), out]);
  expectShape(scaleEntry, [groups, out]);
  expectShape(zeroEntry, [groups, packedWords(out, bits as Bits)]);
  const gIdx = new Int32Array(bufferOf(groupEntry));
  checkGroups(gIdx, groups, size, groupEntry);
  return unpackLinear({
    out,
    in: columns,
    bits,
    groupSize,
    qweight: new Int32Array(bufferOf(codes)),
    qzeros: new Int32Array(bufferOf(zeroEntry)),
    scales: new Float16Array(bufferOf(scaleEntry)),
    gIdx,
  });
}

function find(checkpoint: Checkpoint, name: string, dtype: TensorEntry['dtype']): TensorEntry {
  const entry = checkpoint.tensors.get(name);
  if (entry === undefined)
    throw new KintsugiError('QUANTIZATION_INVALID', `The checkpoint has no tensor ${name}`, {
      file: checkpoint.dir,
      field: name,
      next: 'Compress the model again.',
    });
  if (entry.dtype !== dtype) throw invalid(entry, `is ${entry.dtype}, not ${dtype}`);
  return entry;
}

function expectShape(entry: TensorEntry, shape: readonly number[]): void {
  if (entry.shape.length !== shape.length || shape.some((size, i) => entry.shape[i] !== size))
    throw invalid(entry, `has shape [${entry.shape}], not [${shape}]`);
}

const invalid = (entry: TensorEntry, problem: string) =>
  new KintsugiError('QUANTIZATION_INVALID', `${entry.name} ${problem}`, {
    file: entry.path,
    field: entry.name,
    next: 'Compress the model again.',
  });

/** The run-time kernel needs every group to hold exactly `size` columns. */
function checkGroups(gIdx: Int32Array, groups: number, size: number, entry: TensorEntry): void {
  const members = new Int32Array(groups);
  for (const group of gIdx) {
    if (!(group >= 0 && group < groups)) throw invalid(entry, `names group ${group} of ${groups}`);
    members[group]!++;
  }
  if (members.some((count) => count !== size))
    throw invalid(entry, `does not give each group ${size} columns`);
}

const bufferOf = (entry: TensorEntry) => readRaw(entry).buffer;

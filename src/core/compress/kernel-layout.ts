import type { Bits } from '../../shared/compression.ts';
import type { KernelWeights } from '../engine/custom/quantized.ts';
import { groupColumns, type QuantizedWeight } from './quantized.ts';

const BLOCKS = [256, 128, 64, 32, 16] as const;

/** Columns per scale in MatMulNBits: the largest block that divides the group and the layer. */
export function kernelBlock(groupSize: number, columns: number): number {
  const size = groupColumns(groupSize, columns);
  const block = BLOCKS.find((b) => size % b === 0 && columns % b === 0);
  if (block === undefined) throw new Error(`No kernel block divides ${size} and ${columns}`);
  return block;
}

/** Width of a code at run time: there is no 3-bit kernel, and the 2-bit one is slow (ENGINE.md). */
export function kernelBits(bits: Bits): 4 | 8 {
  return bits === 8 ? 8 : 4;
}

/**
 * The run-time layout of com.microsoft::MatMulNBits. A group's scale and zero are repeated over
 * its blocks. Under act-order the columns are gathered so that groups are contiguous, and
 * `permutation` says which activation goes where: x[:, permutation].
 */
export function toKernelLayout(q: QuantizedWeight): KernelWeights {
  return { ...kernelGrids(q), codes: kernelCodes(q) };
}

/** The run-time layout without the codes, which are most of it. */
export function kernelGrids(q: Omit<QuantizedWeight, 'codes'>): Omit<KernelWeights, 'codes'> {
  const { out, in: columns } = q;
  const block = kernelBlock(q.groupSize, columns);
  const bits = kernelBits(q.bits);
  const permutation = groupOrder(q.gIdx);
  const order = permutation ?? Int32Array.from({ length: columns }, (_, i) => i);
  const blocks = columns / block;
  const scales = new Float32Array(out * blocks);
  const zeros = new Uint8Array(out * blocks);
  for (let b = 0; b < blocks; b++) {
    const group = q.gIdx[order[b * block]!]! * out;
    for (let o = 0; o < out; o++) {
      scales[o * blocks + b] = q.scales[group + o]!;
      zeros[o * blocks + b] = q.zeros[group + o]!;
    }
  }
  return {
    out,
    in: columns,
    block,
    bits,
    scales,
    zeros: packRows(zeros, out, blocks, bits),
    ...(permutation && { permutation }),
  };
}

/** The codes in the run-time layout: [out, in·bits/8]. */
export function kernelCodes({ out, in: columns, bits, codes, gIdx }: QuantizedWeight): Uint8Array {
  const order = groupOrder(gIdx);
  const ordered = order ? gatherColumns(codes, order) : codes;
  return packRows(ordered, out, columns, kernelBits(bits));
}

/** Columns by ascending group, in their own order within one; undefined when they already are. */
export function groupOrder(gIdx: Int32Array): Int32Array | undefined {
  if (gIdx.every((group, i) => i === 0 || gIdx[i - 1]! <= group)) return undefined;
  const order = Int32Array.from(gIdx, (_, i) => i);
  return order.sort((a, b) => gIdx[a]! - gIdx[b]! || a - b);
}

function gatherColumns(codes: Uint8Array, order: Int32Array): Uint8Array {
  const n = order.length;
  return codes.map((_, at) => codes[at - (at % n) + order[at % n]!]!);
}

/** Bytes as they are, or two codes a byte with the even one low; each row starts on a byte. */
function packRows(codes: Uint8Array, rows: number, columns: number, bits: 4 | 8): Uint8Array {
  if (bits === 8) return codes;
  const stride = (columns + 1) >> 1;
  const packed = new Uint8Array(rows * stride);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      packed[r * stride + (c >> 1)]! |= codes[r * columns + c]! << (4 * (c & 1));
  return packed;
}

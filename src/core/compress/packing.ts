/// <reference lib="es2025.float16" />
import type { Bits } from '../../shared/compression.ts';
import type { ZeroFormat } from './format.ts';
import type { QuantizedWeight } from './quantized.ts';

/** The tensors of one linear in a GPTQ checkpoint (METHODS.md B, "Checkpoint"). */
export interface PackedLinear {
  readonly out: number;
  readonly in: number;
  readonly bits: Bits;
  readonly groupSize: number;
  /** [⌈in·bits/32⌉, out], codes along the rows. */
  readonly qweight: Int32Array;
  /** [groups, ⌈out·bits/32⌉], codes along the columns: z, or z − 1 in the format v1. */
  readonly qzeros: Int32Array;
  /** [groups, out]. */
  readonly scales: Float16Array | Float32Array;
  /** [in]. */
  readonly gIdx: Int32Array;
}

/** Int32 words that `count` codes of `bits` bits take. */
export function packedWords(count: number, bits: Bits): number {
  return Math.ceil((count * bits) / 32);
}

/**
 * Writes `count` codes as one little-endian bit stream, least significant first, into words
 * `step` apart. For 2, 4 and 8 bits that is 32/bits codes a word; for 3 bits, 32 codes in 96 bits.
 */
function packStream(
  words: Int32Array,
  at: number,
  step: number,
  codes: Uint8Array,
  from: number,
  codeStep: number,
  count: number,
  bits: Bits,
): void {
  for (let i = 0; i < count; i++) {
    const code = codes[from + i * codeStep]!;
    const bit = i * bits;
    const shift = bit & 31;
    const word = at + (bit >>> 5) * step;
    words[word]! |= code << shift;
    if (shift + bits > 32) words[word + step]! |= code >>> (32 - shift);
  }
}

/** The inverse of packStream. */
function unpackStream(
  codes: Uint8Array,
  at: number,
  codeStep: number,
  words: Int32Array,
  from: number,
  step: number,
  count: number,
  bits: Bits,
): void {
  const mask = 2 ** bits - 1;
  for (let i = 0; i < count; i++) {
    const bit = i * bits;
    const shift = bit & 31;
    const word = from + (bit >>> 5) * step;
    let code = words[word]! >>> shift;
    if (shift + bits > 32) code |= words[word + step]! << (32 - shift);
    codes[at + i * codeStep] = code & mask;
  }
}

/**
 * Codes as a GPTQ checkpoint stores them. Scales of our own are fp16 values, so nothing is lost.
 * Format v1 cannot hold a zero point of 0.
 */
export function packLinear(q: QuantizedWeight, format: ZeroFormat): PackedLinear {
  const { out, in: columns, bits, groupSize } = q;
  const groups = q.scales.length / out;
  const zeroWords = packedWords(out, bits);
  const qweight = new Int32Array(packedWords(columns, bits) * out);
  for (let o = 0; o < out; o++) packStream(qweight, o, out, q.codes, o * columns, 1, columns, bits);
  const stored = format === 'v1' ? q.zeros.map((z) => z - 1) : q.zeros;
  const qzeros = new Int32Array(groups * zeroWords);
  for (let g = 0; g < groups; g++)
    packStream(qzeros, g * zeroWords, 1, stored, g * out, 1, out, bits);
  const scales = Float16Array.from(q.scales);
  return { out, in: columns, bits, groupSize, qweight, qzeros, scales, gIdx: q.gIdx };
}

/** The codes of a GPTQ checkpoint. */
export function unpackLinear(packed: PackedLinear, format: ZeroFormat): QuantizedWeight {
  return { ...unpackGrids(packed, format), codes: unpackCodes(packed) };
}

/** [out, in]. */
export function unpackCodes({
  out,
  in: columns,
  bits,
  qweight,
}: Pick<PackedLinear, 'out' | 'in' | 'bits' | 'qweight'>): Uint8Array {
  const codes = new Uint8Array(out * columns);
  for (let o = 0; o < out; o++) unpackStream(codes, o * columns, 1, qweight, o, out, columns, bits);
  return codes;
}

/** Everything but the codes. */
export function unpackGrids(
  packed: Omit<PackedLinear, 'qweight'>,
  format: ZeroFormat,
): Omit<QuantizedWeight, 'codes'> {
  const { out, in: columns, bits, groupSize, gIdx } = packed;
  const qzeros = format === 'v1' ? raiseZeros(packed.qzeros, bits) : packed.qzeros;
  const stored = unpackZeros(qzeros, packed.scales.length / out, out, bits);
  const zeros = format === 'v1' && bits === 3 ? stored.map((z) => (z + 1) & 7) : stored;
  const scales = Float32Array.from(packed.scales);
  return { out, in: columns, bits, groupSize, scales, zeros, gIdx };
}

/** The fields of qzeros [groups, out], as stored. */
export function unpackZeros(qzeros: Int32Array, groups: number, out: number, bits: Bits) {
  const words = packedWords(out, bits);
  const zeros = new Uint8Array(groups * out);
  for (let g = 0; g < groups; g++) unpackStream(zeros, g * out, 1, qzeros, g * words, 1, out, bits);
  return zeros;
}

/**
 * z of z − 1, a word at a time: GPTQModel subtracts the ones from whole words, so that a zero point
 * of 0 has borrowed from its neighbour. Fields of 3 bits straddle words and are raised one by one.
 */
function raiseZeros(qzeros: Int32Array, bits: Bits): Int32Array {
  if (bits === 3) return qzeros;
  const ones = { 2: 0x55555555, 4: 0x11111111, 8: 0x01010101 }[bits];
  return qzeros.map((word) => word + ones);
}

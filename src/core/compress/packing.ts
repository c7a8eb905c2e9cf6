/// <reference lib="es2025.float16" />
import type { Bits } from '../../shared/compression.ts';
import type { QuantizedWeight } from './quantized.ts';

/** The tensors of one linear in a "gptq_v2" checkpoint (METHODS.md B, "Checkpoint"). */
export interface PackedLinear {
  readonly out: number;
  readonly in: number;
  readonly bits: Bits;
  readonly groupSize: number;
  /** [⌈in·bits/32⌉, out], codes along the rows. */
  readonly qweight: Int32Array;
  /** [groups, ⌈out·bits/32⌉], codes along the columns; z itself, not z − 1. */
  readonly qzeros: Int32Array;
  /** [groups, out]. */
  readonly scales: Float16Array;
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

/** Codes as a GPTQ v2 checkpoint stores them. Scales are already fp16 values, so nothing is lost. */
export function packLinear(q: QuantizedWeight): PackedLinear {
  const { out, in: columns, bits, groupSize } = q;
  const groups = q.scales.length / out;
  const zeroWords = packedWords(out, bits);
  const qweight = new Int32Array(packedWords(columns, bits) * out);
  for (let o = 0; o < out; o++) packStream(qweight, o, out, q.codes, o * columns, 1, columns, bits);
  const qzeros = new Int32Array(groups * zeroWords);
  for (let g = 0; g < groups; g++)
    packStream(qzeros, g * zeroWords, 1, q.zeros, g * out, 1, out, bits);
  const scales = Float16Array.from(q.scales);
  return { out, in: columns, bits, groupSize, qweight, qzeros, scales, gIdx: q.gIdx };
}

/** The codes of a GPTQ v2 checkpoint. */
export function unpackLinear(packed: PackedLinear): QuantizedWeight {
  const { out, in: columns, bits, groupSize, gIdx } = packed;
  const groups = packed.scales.length / out;
  const zeroWords = packedWords(out, bits);
  const codes = new Uint8Array(out * columns);
  for (let o = 0; o < out; o++)
    unpackStream(codes, o * columns, 1, packed.qweight, o, out, columns, bits);
  const zeros = new Uint8Array(groups * out);
  for (let g = 0; g < groups; g++)
    unpackStream(zeros, g * out, 1, packed.qzeros, g * zeroWords, 1, out, bits);
  const scales = Float32Array.from(packed.scales);
  return { out, in: columns, bits, groupSize, codes, scales, zeros, gIdx };
}

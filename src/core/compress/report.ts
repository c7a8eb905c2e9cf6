import { groupOrder, kernelBits, kernelBlock } from './kernel-layout.ts';
import type { CompressionOptions } from './options.ts';
import type { Bits, QuantizedWeight } from './quantized.ts';

/** One quantised linear, as reported. */
export interface LayerReport {
  readonly module: string;
  readonly out: number;
  readonly in: number;
  readonly bits: Bits;
  readonly groupSize: number;
  /** Squared output error on the calibration inputs, as a share of the output's energy. */
  readonly error: number;
  /** The damping that the factorisation took; 0 for methods without one. */
  readonly damping: number;
  /** Bytes while running. */
  readonly memory: number;
  readonly seconds: number;
}

/** Bytes of the weights before and after. */
export interface SizePair {
  readonly original: number;
  readonly compressed: number;
}

/** kintsugi.json: what a compressed folder is and what making it cost. */
export interface CompressionReport {
  readonly format: 'kintsugi-compression';
  readonly version: 1;
  /** Checkpoint.hash of the model that was compressed. */
  readonly base: string;
  readonly architecture: string;
  readonly recipe: CompressionOptions;
  readonly calibration: { readonly sequences: number; readonly length: number };
  readonly seed: number;
  readonly layers: readonly LayerReport[];
  /** Safetensors files. */
  readonly disk: SizePair;
  /** While running: dense tensors in fp32, codes in the kernel's nibbles or bytes. */
  readonly memory: SizePair;
  /** Bytes: estimated for the compression, and the peak of the process that did it (all its work). */
  readonly process: { readonly estimated: number; readonly peak: number };
  readonly seconds: number;
}

/** Bytes that a quantised linear holds while running: 2- and 3-bit codes sit in nibbles. */
export function kernelBytes({ out, in: columns, bits, groupSize, gIdx }: QuantizedWeight): number {
  const blocks = columns / kernelBlock(groupSize, columns);
  const codeBits = kernelBits(bits);
  const perRow = (columns * codeBits) / 8 + 4 * blocks + Math.ceil((blocks * codeBits) / 8);
  return out * perRow + (groupOrder(gIdx)?.byteLength ?? 0);
}

import type { CompressionOptions } from '../../shared/compression.ts';
import { groupOrder, kernelBits, kernelBlock } from './kernel-layout.ts';
import type { CompressedLinear, QuantizedWeight } from './quantized.ts';
import type { Phase, PhaseTime } from './stopwatch.ts';

/** One compressed linear, as reported. */
export interface LayerReport {
  readonly module: string;
  readonly out: number;
  readonly in: number;
  /** Share of the weights that are exactly 0. */
  readonly sparsity: number;
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
  readonly version: 2;
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
  /** Where the time of the last sitting went. */
  readonly phases: Readonly<Record<Phase, PhaseTime>>;
}

export function shareOfZeros(weight: Float32Array): number {
  let zeros = 0;
  for (let i = 0; i < weight.length; i++) if (weight[i] === 0) zeros++;
  return zeros / weight.length;
}

/** Bytes that a compressed linear holds while running; zeros take as much room as other weights. */
export const linearBytes = ({ weight, quantized }: CompressedLinear): number =>
  quantized ? kernelBytes(quantized) : weight.byteLength;

/** 2- and 3-bit codes sit in nibbles. */
function kernelBytes({ out, in: columns, bits, groupSize, gIdx }: QuantizedWeight): number {
  const blocks = columns / kernelBlock(groupSize, columns);
  const codeBits = kernelBits(bits);
  const perRow = (columns * codeBits) / 8 + 4 * blocks + Math.ceil((blocks * codeBits) / 8);
  return out * perRow + (groupOrder(gIdx)?.byteLength ?? 0);
}

/// <reference lib="es2025.float16" />
import type { GridOptions as AllGridOptions } from '../../shared/compression.ts';

/** One row's affine grid over one group: w ≈ scale · (code − zero). */
export interface Grid {
  readonly scale: number;
  readonly zero: number;
}

type Values = Float32Array | Float64Array;
type GridOptions = Omit<AllGridOptions, 'groupSize'>;

const SMALLEST_HALF = 2 ** -24;
const LARGEST_HALF = 65504;
const MSE_CANDIDATES = 80;
const MSE_STEPS = 100;
const MSE_NORM = 2.4;

// Adding 1.5·2⁵² leaves no fraction bits, so the hardware's own half-to-even does the rounding.
const ROUNDING = 6755399441055744;

/** Nearest integer, halves to even (Math.round sends them up). Valid for |x| < 2⁵¹. */
export function roundHalfEven(x: number): number {
  return x + ROUNDING - ROUNDING;
}

/** The code of `w` on a grid of `maxCode` + 1 values. */
export function encode(w: number, scale: number, zero: number, maxCode: number): number {
  const code = roundHalfEven(w / scale) + zero;
  return code < 0 ? 0 : code > maxCode ? maxCode : code;
}

/** Fits the grid to values[start, end) (METHODS.md B, "Grid"); scales are already rounded to fp16. */
export function fitGrid(values: Values, start: number, end: number, options: GridOptions): Grid {
  let low = 0;
  let high = 0;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (options.symmetric) {
    high = Math.max(high, -low);
    low = -high;
  }
  // A constant-zero row has no range; any will do, and [GPTQ] takes ±1.
  if (low === 0 && high === 0) [low, high] = [-1, 1];
  return options.mse
    ? searchGrid(values, start, end, low, high, options)
    : gridOver(low, high, options);
}

function gridOver(low: number, high: number, { bits, symmetric }: GridOptions): Grid {
  const maxCode = 2 ** bits - 1;
  const scale = halfScale((high - low) / maxCode);
  const zero = symmetric ? 2 ** (bits - 1) : encode(-low, scale, 0, maxCode);
  return { scale, zero };
}

/** The stored precision, kept positive and finite so that every code decodes to a number. */
function halfScale(scale: number): number {
  return Math.min(Math.max(Math.f16round(scale), SMALLEST_HALF), LARGEST_HALF);
}

/** Shrinks the range in steps of 1% and keeps the first with the least Σ|q − w|^2.4. */
function searchGrid(
  values: Values,
  start: number,
  end: number,
  low: number,
  high: number,
  options: GridOptions,
): Grid {
  let best = gridOver(low, high, options);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < MSE_CANDIDATES; i++) {
    const share = 1 - i / MSE_STEPS;
    const grid = gridOver(share * low, share * high, options);
    const error = gridError(values, start, end, grid, 2 ** options.bits - 1);
    if (error < least) [best, least] = [grid, error];
  }
  return best;
}

function gridError(
  values: Values,
  start: number,
  end: number,
  { scale, zero }: Grid,
  maxCode: number,
): number {
  let error = 0;
  for (let i = start; i < end; i++) {
    const quantized = scale * (encode(values[i]!, scale, zero, maxCode) - zero);
    error += Math.abs(quantized - values[i]!) ** MSE_NORM;
  }
  return error;
}

import { factorHessian } from './damping.ts';
import { type Algebra, type Gemm, plainAlgebra } from './gemm.ts';
import { encode, fitGrid } from './grid.ts';
import { relativeError } from './hessian.ts';
import type { QuantizationMethod } from './method.ts';
import {
  dequantize,
  groupColumns,
  type HessianFactor,
  type LinearProblem,
  type QuantizedWeight,
} from './quantized.ts';

const BLOCK = 128;

/** GPTQ (arXiv 2210.17323) as METHODS.md B states it. */
export const gptq: QuantizationMethod = {
  name: 'gptq',
  needsHessian: true,
  prepare: factorHessian,
  async quantizeLinear(problem, algebra: Algebra = plainAlgebra) {
    const { weight, hessian, options } = problem;
    if (hessian === undefined) throw new Error('GPTQ needs the Hessian of the layer inputs');
    const factor = problem.factor ?? (await factorHessian(hessian, problem.in, options, algebra));
    const state = startState(problem, hessian, factor);
    for (let start = 0; start < problem.in; ) {
      const end = blockEnd(start, state.groupSize, problem.in);
      const errors = solveBlock(state, start, end);
      await propagate(state, errors, start, end, algebra.gemm);
      start = end;
    }
    const quantized = finish(state);
    const error = await relativeError(weight, dequantize(quantized), hessian, problem.in, algebra);
    return { ...quantized, error, damping: factor.damping };
  },
};

/** Everything the solver changes or reads per column; columns are in solving order. */
interface State {
  readonly problem: LinearProblem;
  readonly factor: HessianFactor;
  readonly groupSize: number;
  /** [out, in], updated as errors propagate. */
  readonly weight: Float32Array;
  /** The group of each position. */
  readonly group: Int32Array;
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
}

function startState(problem: LinearProblem, hessian: Float32Array, factor: HessianFactor): State {
  const { order } = factor;
  const { out, in: n, options } = problem;
  const groupSize = groupColumns(options.groupSize, n);
  const groups = Math.ceil(n / groupSize);
  const groupOf = (p: number) => Math.floor((options.staticGroups ? order[p]! : p) / groupSize);
  const state = {
    problem,
    factor,
    groupSize,
    weight: permuteWeight(problem, hessian, order),
    group: Int32Array.from(order, (_, p) => groupOf(p)),
    codes: new Uint8Array(out * n),
    scales: new Float32Array(groups * out),
    zeros: new Uint8Array(groups * out),
  };
  if (options.staticGroups) fitStaticGroups(state, hessian);
  return state;
}

/** W[:, order], dead columns zeroed. */
function permuteWeight(
  { weight, out, in: n }: LinearProblem,
  hessian: Float32Array,
  order: Int32Array,
): Float32Array {
  const permuted = new Float32Array(out * n);
  for (let p = 0; p < n; p++) {
    const column = order[p]!;
    if (hessian[column * n + column] === 0) continue;
    for (let o = 0; o < out; o++) permuted[o * n + p] = weight[o * n + column]!;
  }
  return permuted;
}

/** Fits all groups of the layer's own column order before any error has moved a weight. */
function fitStaticGroups(state: State, hessian: Float32Array): void {
  const { out, in: n } = state.problem;
  const natural = permuteWeight(state.problem, hessian, Int32Array.from(state.factor.order).sort());
  for (let o = 0; o < out; o++)
    for (let start = 0; start < n; start += state.groupSize)
      storeGrid(state, natural, o * n + start, o, Math.floor(start / state.groupSize));
}

/** Fits the grid of one row's `group`, whose weights are the values from `at` on. */
function storeGrid(
  { problem: { out, options }, groupSize, scales, zeros }: State,
  values: Float32Array | Float64Array,
  at: number,
  row: number,
  group: number,
): void {
  const { scale, zero } = fitGrid(values, at, at + groupSize, options);
  scales[group * out + row] = scale;
  zeros[group * out + row] = zero;
}

/**
 * Blocks never straddle a group's start unless they hold the whole group, so that a group is always
 * fitted from weights that carry every earlier error: the blocking changes speed, never results.
 */
function blockEnd(start: number, groupSize: number, columns: number): number {
  if (groupSize <= BLOCK)
    return Math.min(start + groupSize * Math.floor(BLOCK / groupSize), columns);
  const groupEnd = start - (start % groupSize) + groupSize;
  return Math.min(start + BLOCK, groupEnd, columns);
}

/** A run of columns that is solved before its errors reach the columns after it. */
interface Block {
  readonly start: number;
  readonly width: number;
  /** U[start:end, start:end]. */
  readonly factor: Float64Array;
  /** Err [out, width]. */
  readonly errors: Float32Array;
  /** The row being solved. */
  readonly row: Float64Array;
}

/** Quantises positions [start, end) of every row; returns Err [out, end − start]. */
function solveBlock(state: State, start: number, end: number): Float32Array {
  const { out, in: n } = state.problem;
  const width = end - start;
  const factor = new Float64Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = i; j < width; j++)
      factor[i * width + j] = state.factor.upper[(start + i) * n + start + j]!;
  const errors = new Float32Array(out * width);
  const block = { start, width, factor, errors, row: new Float64Array(width) };
  // Rows are independent: one row of the block stays in L1 while it runs through all its columns.
  for (let o = 0; o < out; o++) solveRow(state, block, o);
  return errors;
}

function solveRow(state: State, { start, width, factor, errors, row }: Block, o: number): void {
  const { weight, group, codes, scales, zeros } = state;
  const { out, in: n, options } = state.problem;
  const maxCode = 2 ** options.bits - 1;
  const base = o * n + start;
  row.set(weight.subarray(base, base + width));
  for (let i = 0; i < width; i++) {
    if (!options.staticGroups && (start + i) % state.groupSize === 0)
      fitGroup(state, row, o, start, i);
    const parameter = group[start + i]! * out + o;
    const scale = scales[parameter]!;
    const zero = zeros[parameter]!;
    const code = encode(row[i]!, scale, zero, maxCode);
    codes[base + i] = code;
    const at = i * width;
    const error = (row[i]! - scale * (code - zero)) / factor[at + i]!;
    errors[o * width + i] = error;
    for (let j = i + 1; j < width; j++) row[j]! -= error * factor[at + j]!;
  }
}

/** Fits the group that starts at column i of the block, from the weights as they are now. */
function fitGroup(state: State, row: Float64Array, o: number, start: number, i: number): void {
  const { weight, group, groupSize, problem } = state;
  const index = group[start + i]!;
  // A group wider than the block starts with it, and so before any column of the block has moved.
  if (i + groupSize <= row.length) storeGrid(state, row, i, o, index);
  else storeGrid(state, weight, o * problem.in + start, o, index);
}

/** W[:, end:] −= Err · U[start:end, end:]. */
async function propagate(
  { problem, weight, factor: { upper } }: State,
  errors: Float32Array,
  start: number,
  end: number,
  gemm: Gemm<Float32Array>,
): Promise<void> {
  const { out, in: n } = problem;
  const tail = n - end;
  if (tail === 0) return;
  const k = end - start;
  const across = new Float32Array(k * tail);
  for (let i = 0; i < k; i++)
    across.set(upper.subarray((start + i) * n + end, (start + i + 1) * n), i * tail);
  const update = new Float32Array(out * tail);
  await gemm(update, errors, across, { m: out, n: tail, k, alpha: 1, beta: 0 });
  for (let o = 0; o < out; o++)
    for (let j = 0; j < tail; j++) weight[o * n + end + j]! -= update[o * tail + j]!;
}

/** Puts codes and groups back into the layer's own column order. */
function finish(state: State): QuantizedWeight {
  const { problem, scales, zeros } = state;
  const { order } = state.factor;
  const { out, in: n, options } = problem;
  const { bits, groupSize } = options;
  const codes = new Uint8Array(out * n);
  const gIdx = new Int32Array(n);
  for (let p = 0; p < n; p++) {
    const column = order[p]!;
    gIdx[column] = state.group[p]!;
    for (let o = 0; o < out; o++) codes[o * n + column] = state.codes[o * n + p]!;
  }
  return { out, in: n, bits, groupSize, codes, scales, zeros, gIdx };
}

import { KintsugiError } from '../../shared/errors.ts';
import { inverseFactor } from './factor.ts';
import { type Gemm, plainGemm } from './gemm.ts';
import { encode, fitGrid } from './grid.ts';
import { relativeError } from './hessian.ts';
import type { QuantizationMethod } from './method.ts';
import { dequantize, groupColumns, type LinearProblem, type QuantizedWeight } from './quantized.ts';

const BLOCK = 128;
const DEFAULT_DAMPING = 0.01;
const LARGEST_DAMPING = 10;

/** GPTQ (arXiv 2210.17323) as METHODS.md B states it. */
export const gptq: QuantizationMethod = {
  name: 'gptq',
  needsHessian: true,
  async quantizeLinear(problem, gemm = plainGemm, gemm64 = plainGemm) {
    const { weight, hessian } = problem;
    if (hessian === undefined) throw new Error('GPTQ needs the Hessian of the layer inputs');
    const order = columnOrder(hessian, problem);
    const { upper, damping } = await dampedFactor(hessian, order, problem, gemm64);
    const state = startState(problem, hessian, order, upper);
    for (let start = 0; start < problem.in; ) {
      const end = blockEnd(start, state.groupSize, problem.in);
      const errors = solveBlock(state, start, end);
      await propagate(state, errors, start, end, gemm);
      start = end;
    }
    const quantized = finish(state);
    const error = await relativeError(weight, dequantize(quantized), hessian, problem.in, gemm);
    return { ...quantized, error, damping };
  },
};

/** Everything the solver changes or reads per column; columns are in solving order. */
interface State {
  readonly problem: LinearProblem;
  /** Solving order: position p holds column order[p] of the layer. */
  readonly order: Int32Array;
  readonly groupSize: number;
  /** [out, in], updated as errors propagate. */
  readonly weight: Float32Array;
  /** [in, in], the upper Cholesky factor of H⁻¹. */
  readonly upper: Float32Array;
  /** The group of each position. */
  readonly group: Int32Array;
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
}

/** Positions → columns: by descending diag H (dead columns count as 1) under act-order, ties in column order. */
function columnOrder(hessian: Float32Array, { in: n, options }: LinearProblem): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  if (!options.actOrder) return order;
  const energy = (i: number) => hessian[i * n + i]! || 1;
  return order.sort((a, b) => energy(b) - energy(a) || a - b);
}

/**
 * Factors the permuted, damped Hessian; when that is not positive definite, raises the damping
 * tenfold and tries again. The damping that worked is part of the result.
 */
async function dampedFactor(
  hessian: Float32Array,
  order: Int32Array,
  { in: n, options }: LinearProblem,
  gemm64: Gemm<Float64Array>,
): Promise<{ upper: Float32Array; damping: number }> {
  const permuted = permuteHessian(hessian, order);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += permuted[i * n + i]! / n;
  if (!permuted.every(Number.isFinite)) throw notFinite();
  for (let damping = options.damping; damping <= LARGEST_DAMPING; damping = raised(damping)) {
    const upper = await inverseFactor(permuted, n, damping * mean, gemm64);
    if (upper !== undefined) return { upper: Float32Array.from(upper), damping };
  }
  throw new KintsugiError('QUANTIZATION_INVALID', 'The Hessian cannot be factored', {
    field: 'damping',
    next: 'Use more calibration text, or the rtn method, which needs none.',
  });
}

const raised = (damping: number) => (damping === 0 ? DEFAULT_DAMPING : damping * 10);

const notFinite = () =>
  new KintsugiError('QUANTIZATION_INVALID', 'The calibration activations are not finite numbers', {
    field: 'calibration',
    next: 'Check the checkpoint for NaN weights.',
  });

/** H[order, order], with the diagonal of dead columns set to 1. */
function permuteHessian(hessian: Float32Array, order: Int32Array): Float32Array {
  const n = order.length;
  const permuted = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = order[i]! * n;
    for (let j = 0; j < n; j++) permuted[i * n + j] = hessian[row + order[j]!]!;
    if (permuted[i * n + i] === 0) permuted[i * n + i] = 1;
  }
  return permuted;
}

function startState(
  problem: LinearProblem,
  hessian: Float32Array,
  order: Int32Array,
  upper: Float32Array,
): State {
  const { out, in: n, options } = problem;
  const groupSize = groupColumns(options.groupSize, n);
  const groups = Math.ceil(n / groupSize);
  const groupOf = (p: number) => Math.floor((options.staticGroups ? order[p]! : p) / groupSize);
  const state = {
    problem,
    order,
    groupSize,
    weight: permuteWeight(problem, hessian, order),
    upper,
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
  const natural = permuteWeight(state.problem, hessian, Int32Array.from(state.order).sort());
  for (let o = 0; o < out; o++)
    for (let start = 0; start < n; start += state.groupSize)
      storeGrid(state, natural, o, start, Math.floor(start / state.groupSize));
}

function storeGrid(
  { problem: { out, in: n, options }, groupSize, scales, zeros }: State,
  values: Float32Array,
  row: number,
  start: number,
  group: number,
): void {
  const end = Math.min(start + groupSize, n);
  const { scale, zero } = fitGrid(values, row * n + start, row * n + end, options);
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

/** Quantises positions [start, end) of every row; returns Err [out, end − start]. */
function solveBlock(state: State, start: number, end: number): Float32Array {
  const { out, in: n } = state.problem;
  const width = end - start;
  const factor = new Float64Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = i; j < width; j++)
      factor[i * width + j] = state.upper[(start + i) * n + start + j]!;
  const errors = new Float32Array(out * width);
  // Rows are independent: one row of the block stays in L1 while it runs through all its columns.
  for (let o = 0; o < out; o++) solveRow(state, o, start, end, factor, errors);
  return errors;
}

function solveRow(
  state: State,
  row: number,
  start: number,
  end: number,
  factor: Float64Array,
  errors: Float32Array,
): void {
  const { weight, group, codes, scales, zeros, groupSize } = state;
  const { out, in: n, options } = state.problem;
  const maxCode = 2 ** options.bits - 1;
  const width = end - start;
  const base = row * n + start;
  for (let i = 0; i < width; i++) {
    const position = start + i;
    if (!options.staticGroups && position % groupSize === 0)
      storeGrid(state, weight, row, position, group[position]!);
    const parameter = group[position]! * out + row;
    const scale = scales[parameter]!;
    const zero = zeros[parameter]!;
    const w = weight[base + i]!;
    const code = encode(w, scale, zero, maxCode);
    codes[base + i] = code;
    const error = (w - scale * (code - zero)) / factor[i * width + i]!;
    errors[row * width + i] = error;
    const at = i * width;
    for (let j = i + 1; j < width; j++) weight[base + j]! -= error * factor[at + j]!;
  }
}

/** W[:, end:] −= Err · U[start:end, end:]. */
async function propagate(
  { problem, weight, upper }: State,
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
  const { problem, order, scales, zeros } = state;
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

import { free } from '../free.ts';
import type { Gemm } from './gemm.ts';
import type { HessianFactor, LinearProblem } from './quantized.ts';

/** Columns that are solved before their errors reach the columns after them. */
export const BLOCK = 128;

/** Rows that are updated together: few enough for their product to stay small. */
const UPDATE_ROWS = 512;

/** What the weights become; the solver makes the columns after them pay for the difference. */
export interface ColumnRule {
  /** End of the block that starts at position `start`. */
  blockEnd(start: number): number;
  /** Called before the block's rows are solved; the weights carry every earlier error. */
  startBlock?(start: number, end: number): void;
  /** What `row[i]` becomes: position start + i of row `o`, which holds the block as it is now. */
  value(row: Float64Array, o: number, start: number, i: number): number;
}

/** A weight on its way through the solver, columns in solving order. */
export interface Working {
  readonly out: number;
  readonly in: number;
  /** [out, in], updated as errors propagate, and replaced by what the rule makes of it. */
  readonly weight: Float32Array;
  readonly factor: HessianFactor;
}

/** W[:, order] with dead columns zeroed. */
export function startWorking(
  problem: LinearProblem,
  hessian: Float32Array,
  factor: HessianFactor,
): Working {
  const { out, in: n } = problem;
  return { out, in: n, weight: permuteWeight(problem, hessian, factor.order), factor };
}

/** W[:, order] with dead columns zeroed. */
export function permuteWeight(
  { weight, out, in: n }: LinearProblem,
  hessian: Float32Array,
  order: Int32Array,
): Float32Array {
  const permuted = new Float32Array(out * n);
  const alive = order.map((column) => (hessian[column * n + column] === 0 ? 0 : 1));
  for (let row = 0; row < out * n; row += n)
    for (let p = 0; p < n; p++) permuted[row + p] = alive[p]! * weight[row + order[p]!]!;
  return permuted;
}

/** Optimal brain compression column by column (METHODS.md B): GPTQ's loop, and SparseGPT's. */
export async function solveColumns(
  working: Working,
  rule: ColumnRule,
  gemm: Gemm<Float32Array>,
): Promise<void> {
  for (let start = 0; start < working.in; ) {
    const end = rule.blockEnd(start);
    rule.startBlock?.(start, end);
    const errors = solveBlock(working, rule, start, end);
    await propagate(working, errors, start, end, gemm);
    free(errors);
    start = end;
  }
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

/** Solves positions [start, end) of every row; returns Err [out, end − start]. */
function solveBlock(working: Working, rule: ColumnRule, start: number, end: number): Float32Array {
  const { out, in: n } = working;
  const { upper } = working.factor;
  const width = end - start;
  const factor = new Float64Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = i; j < width; j++) factor[i * width + j] = upper[(start + i) * n + start + j]!;
  const errors = new Float32Array(out * width);
  const block = { start, width, factor, errors, row: new Float64Array(width) };
  // Rows are independent: one row of the block stays in L1 while it runs through all its columns.
  for (let o = 0; o < out; o++) solveRow(working, rule, block, o);
  return errors;
}

function solveRow(
  { weight, in: n }: Working,
  rule: ColumnRule,
  { start, width, factor, errors, row }: Block,
  o: number,
): void {
  const base = o * n + start;
  row.set(weight.subarray(base, base + width));
  for (let i = 0; i < width; i++) {
    const value = rule.value(row, o, start, i);
    const at = i * width;
    const error = (row[i]! - value) / factor[at + i]!;
    errors[o * width + i] = error;
    weight[base + i] = value;
    for (let j = i + 1; j < width; j++) row[j]! -= error * factor[at + j]!;
  }
}

/** W[:, end:] −= Err · U[start:end, end:]. */
async function propagate(
  { out, in: n, weight, factor: { upper } }: Working,
  errors: Float32Array,
  start: number,
  end: number,
  gemm: Gemm<Float32Array>,
): Promise<void> {
  const tail = n - end;
  if (tail === 0) return;
  const k = end - start;
  const across = new Float32Array(k * tail);
  for (let i = 0; i < k; i++)
    across.set(upper.subarray((start + i) * n + end, (start + i + 1) * n), i * tail);
  const update = new Float32Array(Math.min(out, UPDATE_ROWS) * tail);
  for (let first = 0; first < out; first += UPDATE_ROWS) {
    const rows = Math.min(UPDATE_ROWS, out - first);
    const some = errors.subarray(first * k, (first + rows) * k);
    await gemm(update, some, across, { m: rows, n: tail, k, alpha: 1, beta: 0 });
    for (let o = 0; o < rows; o++) {
      const row = (first + o) * n + end;
      for (let j = 0; j < tail; j++) weight[row + j]! -= update[o * tail + j]!;
    }
  }
  free(update);
  free(across);
}

import type { GridOptions } from '../../shared/compression.ts';
import { encode, fitGrid } from './grid.ts';
import { groupColumns, type LinearProblem, type QuantizedWeight } from './quantized.ts';
import { BLOCK, permuteWeight, type Working } from './solve.ts';

/** Rounds weights to their group's grid as the solver reaches them, and collects the codes. */
export interface Coder {
  /** End of the block that starts at position `start`. */
  blockEnd(start: number): number;
  /** Codes `weight` for position start + i of row `o`, and returns what the code decodes to. */
  round(weight: number, row: Float64Array, o: number, start: number, i: number): number;
  /** Codes and groups in the layer's own column order. */
  finish(): QuantizedWeight;
}

/** Fits each group when the solver reaches it, from weights that carry every earlier error. */
export function createCoder(working: Working, options: GridOptions): Coder {
  const groups = createGroups(working, options);
  const group = Int32Array.from({ length: working.in }, (_, p) => Math.floor(p / groups.size));
  return coderOf(working, options, groups, group, (row, o, start, i) => {
    if ((start + i) % groups.size !== 0) return;
    // A group wider than the block starts with it, and so before any column of the block has moved.
    if (i + groups.size <= row.length) groups.fit(row, i, o, group[start + i]!);
    else groups.fit(working.weight, o * working.in + start, o, group[start + i]!);
  });
}

/** Fits all groups of the layer's own column order before any error has moved a weight. */
export function createStaticCoder(
  problem: LinearProblem,
  hessian: Float32Array,
  working: Working,
  options: GridOptions,
): Coder {
  const { out, in: n } = working;
  const { order } = working.factor;
  const groups = createGroups(working, options);
  const natural = permuteWeight(problem, hessian, Int32Array.from(order).sort());
  for (let o = 0; o < out; o++)
    for (let start = 0; start < n; start += groups.size)
      groups.fit(natural, o * n + start, o, Math.floor(start / groups.size));
  const group = Int32Array.from(order, (column) => Math.floor(column / groups.size));
  return coderOf(working, options, groups, group, () => {});
}

interface Groups {
  /** Columns of a group. */
  readonly size: number;
  /** [groups, out]. */
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
  /** Fits the grid of one row's group, whose weights are the values from `at` on. */
  fit(values: Float32Array | Float64Array, at: number, row: number, group: number): void;
}

function createGroups({ out, in: n }: Working, options: GridOptions): Groups {
  const size = groupColumns(options.groupSize, n);
  const count = Math.ceil(n / size);
  const scales = new Float32Array(count * out);
  const zeros = new Uint8Array(count * out);
  return {
    size,
    scales,
    zeros,
    fit(values, at, row, group) {
      const { scale, zero } = fitGrid(values, at, at + size, options);
      scales[group * out + row] = scale;
      zeros[group * out + row] = zero;
    },
  };
}

type Reach = (row: Float64Array, o: number, start: number, i: number) => void;

/** `group` is the group of each position; `reach` is called before a weight is coded. */
function coderOf(
  { out, in: n, factor: { order } }: Working,
  { bits, groupSize }: GridOptions,
  { size, scales, zeros }: Groups,
  group: Int32Array,
  reach: Reach,
): Coder {
  const maxCode = 2 ** bits - 1;
  const codes = new Uint8Array(out * n);
  return {
    blockEnd: (start) => blockEnd(start, size, n),
    round(weight, row, o, start, i) {
      reach(row, o, start, i);
      const parameter = group[start + i]! * out + o;
      const scale = scales[parameter]!;
      const zero = zeros[parameter]!;
      const code = encode(weight, scale, zero, maxCode);
      codes[o * n + order[start + i]!] = code;
      return scale * (code - zero);
    },
    finish() {
      const gIdx = new Int32Array(n);
      for (let p = 0; p < n; p++) gIdx[order[p]!] = group[p]!;
      return { out, in: n, bits, groupSize, codes, scales, zeros, gIdx };
    },
  };
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

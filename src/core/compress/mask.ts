import { type Pattern, parsePattern, type Sparsity } from '../../shared/compression.ts';

type Scores = Float32Array | Float64Array;

/** Marks the `count` least of scores[at, at + length) in `mask`, the earlier first among equals. */
export function markLeast(
  mask: Uint8Array,
  scores: Scores,
  at: number,
  length: number,
  count: number,
): void {
  if (count === 0) return;
  const threshold = select(scores.slice(at, at + length), count - 1);
  let left = count;
  for (let i = at; i < at + length; i++)
    if (scores[i]! < threshold) {
      mask[i] = 1;
      left--;
    }
  for (let i = at; left > 0; i++)
    if (scores[i] === threshold) {
      mask[i] = 1;
      left--;
    }
}

/** Marks the pattern's zeros in mask[to, to + of): the least of as many scores from `from` on. */
export function markWindow(
  mask: Uint8Array,
  to: number,
  scores: Float64Array,
  from: number,
  { zeros, of }: Pattern,
): void {
  for (let marked = 0; marked < zeros; marked++) {
    let least = -1;
    for (let i = 0; i < of; i++)
      if (mask[to + i] === 0 && (least < 0 || scores[from + i]! < scores[from + least]!)) least = i;
    mask[to + least] = 1;
  }
}

/**
 * Masks [out, columns] row by row: the least share of each, or the pattern's zeros in every window.
 * `score` fills in the scores of row `o`.
 */
export function maskRows(
  out: number,
  columns: number,
  sparsity: Sparsity,
  score: (o: number, scores: Float64Array) => void,
): Uint8Array {
  const scores = new Float64Array(columns);
  const row = new Uint8Array(columns);
  const mask = new Uint8Array(out * columns);
  for (let o = 0; o < out; o++) {
    score(o, scores);
    row.fill(0);
    if (typeof sparsity === 'number')
      markLeast(row, scores, 0, columns, Math.floor(sparsity * columns));
    else markWindows(row, scores, parsePattern(sparsity));
    mask.set(row, o * columns);
  }
  return mask;
}

function markWindows(mask: Uint8Array, scores: Float64Array, pattern: Pattern): void {
  for (let at = 0; at < mask.length; at += pattern.of) markWindow(mask, at, scores, at, pattern);
}

/** The value at index `k` of the sorted values (Hoare's quickselect); reorders them. */
function select(values: Scores, k: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >>> 1]!;
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const swapped = values[i]!;
      values[i++] = values[j]!;
      values[j--] = swapped;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return values[k]!;
  }
  return values[k]!;
}

import { free } from '../free.ts';
import { type Algebra, type Gemm, plainAlgebra } from './gemm.ts';

type Gemm64 = Gemm<Float64Array>;

/** Lower-triangular matrix by block columns: panel k holds rows k·width…n of its columns, contiguous. */
type Panels = Float64Array[];

// Pivots this small against their own diagonal entry are rounding noise: H is singular.
const SMALLEST_PIVOT = 1e-12;

/**
 * U [n, n], the upper Cholesky factor of H⁻¹ (H⁻¹ = UᵀU), for H = hessian + shift·I; undefined when
 * that is not positive definite. Computed in fp64, in 4·n² bytes beside the arrays given; U is
 * written to `upper`, which may be `hessian` itself and is left alone when there is no factor.
 *
 * H⁻¹ is never formed: with J the reversal of the index order, JHJ = LLᵀ gives U = J·L⁻¹·J.
 */
export async function inverseFactor<T extends Float32Array | Float64Array = Float64Array>(
  hessian: Float32Array,
  n: number,
  shift: number,
  algebra: Algebra = plainAlgebra,
  upper: T = new Float64Array(n * n) as T,
): Promise<T | undefined> {
  const panelWidth = algebra.panelWidth(n);
  const gemm = algebra.gemm64;
  const panels = reversedPanels(hessian, n, shift, panelWidth);
  const diagonalInverses = await cholesky(panels, n, panelWidth, gemm);
  if (diagonalInverses === undefined) return undefined;
  await invertLower(panels, diagonalInverses, n, panelWidth, gemm);
  return reversedInto(upper, panels, n, panelWidth);
}

/** The lower panels of J(H + shift·I)J. */
function reversedPanels(h: Float32Array, n: number, shift: number, panelWidth: number): Panels {
  const panels: Panels = [];
  for (let start = 0; start < n; start += panelWidth) {
    const width = Math.min(panelWidth, n - start);
    const panel = new Float64Array((n - start) * width);
    for (let i = start; i < n; i++) {
      const row = (i - start) * width;
      const reversed = (n - 1 - i) * n + (n - 1 - start);
      for (let j = 0; j < width; j++) panel[row + j] = h[reversed - j]!;
      if (i - start < width) panel[row + i - start]! += shift;
    }
    panels.push(panel);
  }
  return panels;
}

/** Right-looking Cholesky in place; returns the inverses of the diagonal blocks, which both stages need. */
async function cholesky(panels: Panels, n: number, panelWidth: number, gemm: Gemm64) {
  const inverses: Float64Array[] = [];
  const diagonal = panels.map((panel, k) =>
    diagonalOf(panel, Math.min(panelWidth, n - k * panelWidth)),
  );
  for (const [k, panel] of panels.entries()) {
    const width = Math.min(panelWidth, n - k * panelWidth);
    const square = panel.subarray(0, width * width);
    if (!choleskySmall(square, width, diagonal[k]!)) return undefined;
    const inverse = invertSmall(square, width);
    inverses.push(inverse);
    const rows = n - k * panelWidth - width;
    if (rows === 0) break;
    const below = panel.subarray(width * width);
    const solve = { m: rows, n: width, k: width, transposeB: true, alpha: 1, beta: 0 } as const;
    const before = below.slice();
    await gemm(below, before, inverse, solve);
    free(before);
    await updateTrailing(panels, k, below, width, gemm);
  }
  return inverses;
}

/** panels[j] −= L[j…, k]·L[j, k]ᵀ for every j > k. */
async function updateTrailing(
  panels: Panels,
  k: number,
  below: Float64Array,
  width: number,
  gemm: Gemm64,
): Promise<void> {
  let row = 0;
  const rows = below.length / width;
  for (let j = k + 1; j < panels.length; j++) {
    const target = panels[j]!;
    const columns = target.length / (rows - row);
    const from = below.subarray(row * width);
    const across = below.subarray(row * width, (row + columns) * width);
    const shape = { m: rows - row, n: columns, k: width, transposeB: true } as const;
    await gemm(target, from, across, { ...shape, alpha: -1, beta: 1 });
    row += columns;
  }
}

function diagonalOf(panel: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: width }, (_, i) => panel[i * width + i]!);
}

/** Cholesky of one [n, n] block in place, zeros above; false when a pivot is not safely positive. */
function choleskySmall(a: Float64Array, n: number, diagonal: Float64Array): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i > j) a[i * n + j] = sum / a[j * n + j]!;
      else if (sum > SMALLEST_PIVOT * diagonal[i]!) a[i * n + i] = Math.sqrt(sum);
      else return false;
    }
    a.fill(0, i * n + i + 1, (i + 1) * n);
  }
  return true;
}

/** Inverse of one lower-triangular [n, n] block. */
function invertSmall(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    inverse[j * n + j] = 1 / lower[j * n + j]!;
    for (let i = j + 1; i < n; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum += lower[i * n + k]! * inverse[k * n + j]!;
      inverse[i * n + j] = -sum / lower[i * n + i]!;
    }
  }
  return inverse;
}

/**
 * L⁻¹ over L, block row by block row: block (i, j) is −L_ii⁻¹ · Σ_{j≤k<i} L_ik V_kj, which needs of L
 * only the row that it replaces.
 */
async function invertLower(
  panels: Panels,
  diagonalInverses: readonly Float64Array[],
  n: number,
  panelWidth: number,
  gemm: Gemm64,
): Promise<void> {
  for (const [i, diagonal] of diagonalInverses.entries()) {
    const start = i * panelWidth;
    const width = Math.min(panelWidth, n - start);
    const rowBlock = transposedRowBlock(panels, i, panelWidth, width);
    const sum = new Float64Array(width * panelWidth);
    panels[i]!.set(diagonal);
    for (let j = 0; j < i; j++) {
      const k = start - j * panelWidth;
      const shape = { m: width, n: panelWidth } as const;
      const left = rowBlock.subarray(j * panelWidth * width);
      const above = panels[j]!.subarray(0, k * panelWidth);
      await gemm(sum, left, above, { ...shape, k, transposeA: true, alpha: 1, beta: 0 });
      const block = panels[j]!.subarray(k * panelWidth, (k + width) * panelWidth);
      await gemm(block, diagonal, sum, { ...shape, k: width, alpha: -1, beta: 0 });
    }
    free(rowBlock);
    free(sum);
  }
}

/** J·M·J [n, n] of the lower-triangular M in the panels. */
function reversedInto<T extends Float32Array | Float64Array>(
  target: T,
  panels: Panels,
  n: number,
  panelWidth: number,
): T {
  target.fill(0);
  for (const [j, panel] of panels.entries()) {
    const start = j * panelWidth;
    const width = Math.min(panelWidth, n - start);
    for (let i = start; i < n; i++) {
      const row = (i - start) * width;
      const last = (n - 1 - i) * n + (n - 1 - start);
      for (let c = 0; c < width; c++) target[last - c] = panel[row + c]!;
    }
    free(panel);
  }
  return target;
}

/** Block row i of L left of the diagonal, transposed: [i·panelWidth, width], so that a column range is contiguous. */
function transposedRowBlock(panels: Panels, i: number, panelWidth: number, width: number) {
  const block = new Float64Array(i * panelWidth * width);
  for (let j = 0; j < i; j++) {
    const panel = panels[j]!;
    const top = (i - j) * panelWidth;
    for (let r = 0; r < width; r++)
      for (let c = 0; c < panelWidth; c++)
        block[(j * panelWidth + c) * width + r] = panel[(top + r) * panelWidth + c]!;
  }
  return block;
}

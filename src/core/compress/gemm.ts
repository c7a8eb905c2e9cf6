/** C ← alpha·op(A)·op(B) + beta·C over contiguous row-major matrices. */
export interface GemmShape {
  /** Rows of C. */
  readonly m: number;
  /** Columns of C. */
  readonly n: number;
  /** The summed dimension. */
  readonly k: number;
  /** A is stored [k, m]. */
  readonly transposeA?: boolean;
  /** B is stored [n, k]. */
  readonly transposeB?: boolean;
  readonly alpha: 1 | -1;
  readonly beta: 0 | 1;
}

/** Matrix product, updating `c` in place. Asynchronous because ONNX Runtime's is. */
export type Gemm<T extends Float32Array | Float64Array> = (
  c: T,
  a: T,
  b: T,
  shape: GemmShape,
) => Promise<void>;

/** The matrix products of a solver, and the panel width that its factorisations run best with. */
export interface Algebra {
  readonly gemm: Gemm<Float32Array>;
  readonly gemm64: Gemm<Float64Array>;
  /** For a matrix of order n. */
  panelWidth(n: number): number;
}

// A packed tile of B (TILE_K × TILE_N fp64 = 512 KB) stays in L2, a packed strip of A (4 × TILE_K) in L1.
const TILE_K = 256;
const TILE_N = 256;
const STRIP = 4;

type Matrix = Float32Array | Float64Array;

/** The product in plain JavaScript: accumulates in fp64 whatever the storage, any shape, one thread. */
export function plainGemm<T extends Matrix>(c: T, a: T, b: T, shape: GemmShape): Promise<void> {
  const { m, n, k, alpha, beta } = shape;
  const [rowA, stepA] = shape.transposeA ? [1, m] : [k, 1];
  const [stepB, columnB] = shape.transposeB ? [1, k] : [n, 1];
  if (beta === 0) c.fill(0, 0, m * n);
  const tile = new Float64Array(TILE_K * TILE_N);
  const strip = new Float64Array(TILE_K * STRIP);
  for (let k0 = 0; k0 < k; k0 += TILE_K) {
    const depth = Math.min(TILE_K, k - k0);
    for (let n0 = 0; n0 < n; n0 += TILE_N) {
      const width = Math.min(TILE_N, n - n0);
      for (let j = 0; j < width; j += STRIP)
        pack(tile, j * depth, b, k0 * stepB + (n0 + j) * columnB, stepB, columnB, depth, width - j);
      for (let i = 0; i < m; i += STRIP) {
        pack(strip, 0, a, i * rowA + k0 * stepA, stepA, rowA, depth, m - i);
        for (let j = 0; j < width; j += STRIP)
          addBlock(c, i * n + n0 + j, n, m - i, width - j, strip, tile, j * depth, depth, alpha);
      }
    }
  }
  return Promise.resolve();
}

/** Copies `depth` steps of up to four lanes into [depth, 4], zero-padded, so that the kernel needs no edge cases. */
function pack(
  target: Float64Array,
  offset: number,
  source: Matrix,
  start: number,
  step: number,
  lane: number,
  depth: number,
  lanes: number,
): void {
  for (let l = 0; l < STRIP; l++) {
    const from = start + l * lane;
    if (l < lanes)
      for (let p = 0; p < depth; p++) target[offset + p * STRIP + l] = source[from + p * step]!;
    else for (let p = 0; p < depth; p++) target[offset + p * STRIP + l] = 0;
  }
}

/** c[0:4, 0:4] += alpha · strip·tile, sixteen running sums in registers. */
function addBlock(
  c: Matrix,
  at: number,
  stride: number,
  rows: number,
  columns: number,
  strip: Float64Array,
  tile: Float64Array,
  tileAt: number,
  depth: number,
  alpha: number,
): void {
  let c00 = 0,
    c01 = 0,
    c02 = 0,
    c03 = 0;
  let c10 = 0,
    c11 = 0,
    c12 = 0,
    c13 = 0;
  let c20 = 0,
    c21 = 0,
    c22 = 0,
    c23 = 0;
  let c30 = 0,
    c31 = 0,
    c32 = 0,
    c33 = 0;
  for (let p = 0, q = tileAt, end = depth * STRIP; p < end; p += STRIP, q += STRIP) {
    const b0 = tile[q]!,
      b1 = tile[q + 1]!,
      b2 = tile[q + 2]!,
      b3 = tile[q + 3]!;
    const a0 = strip[p]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = strip[p + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = strip[p + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = strip[p + 3]!;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  const sums = [c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33];
  for (let i = 0; i < STRIP && i < rows; i++)
    for (let j = 0; j < STRIP && j < columns; j++)
      c[at + i * stride + j]! += alpha * sums[i * STRIP + j]!;
}

export const plainAlgebra: Algebra = {
  gemm: plainGemm,
  gemm64: plainGemm,
  panelWidth: () => 64,
};

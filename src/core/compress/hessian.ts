import { free } from '../free.ts';
import { type Algebra, plainAlgebra } from './gemm.ts';

/** Columns of X that are multiplied together. */
const PANEL = 768;

/** Rows [start, start + width) of the upper triangle, from column `start` on: [width, in − start]. */
interface Panel {
  readonly start: number;
  readonly width: number;
  readonly sums: Float32Array;
}

/**
 * GPTQ's Hessian of a linear's squared output error, H = (2/N)·Σ XᵀX over N calibration sequences
 * (METHODS.md B), [in, in] in fp32 like the reference. Only the upper triangle is computed.
 */
export class Hessian {
  readonly columns: number;
  #panels: Panel[] = [];
  #values: Float32Array | undefined;
  #sequences = 0;

  constructor(columns: number) {
    this.columns = columns;
    for (let start = 0; start < columns; start += PANEL) {
      const width = Math.min(PANEL, columns - start);
      this.#panels.push({ start, width, sums: new Float32Array(width * (columns - start)) });
    }
  }

  /** Adds the inputs [tokens, in] of `sequences` calibration sequences. */
  async add(inputs: Float32Array, sequences: number, { gemm }: Algebra = plainAlgebra) {
    this.#count(sequences);
    const n = this.columns;
    const k = inputs.length / n;
    for (const { start, width, sums } of this.#panels) {
      const left = columnsOf(inputs, n, start, width);
      const right = columnsOf(inputs, n, start, n - start);
      const shape = { m: width, n: n - start, k, transposeA: true } as const;
      await gemm(sums, left, right, { ...shape, alpha: 1, beta: 1 });
      for (const part of [left, right]) if (part !== inputs) free(part);
    }
  }

  /** Adds XᵀX [in, in] of `sequences` calibration sequences. */
  addGram(gram: Float32Array, sequences: number): void {
    this.#count(sequences);
    const n = this.columns;
    for (const { start, width, sums } of this.#panels)
      for (let i = 0; i < width; i++)
        for (let j = start; j < n; j++)
          sums[i * (n - start) + j - start]! += gram[(start + i) * n + j]!;
  }

  /** H of everything added; nothing can be added once it has been read. */
  get values(): Float32Array {
    this.#values ??= this.#expand();
    return this.#values;
  }

  #expand(): Float32Array {
    const n = this.columns;
    const weight = 2 / this.#sequences;
    const values = new Float32Array(n * n);
    for (const { start, width, sums } of this.#panels)
      for (let i = start; i < start + width; i++) {
        const row = (i - start) * (n - start) - start;
        for (let j = i; j < n; j++) {
          const value = weight * sums[row + j]!;
          values[i * n + j] = value;
          values[j * n + i] = value;
        }
      }
    for (const { sums } of this.#panels) free(sums);
    this.#panels = [];
    return values;
  }

  #count(sequences: number): void {
    if (this.#values) throw new Error('The Hessian has been read already');
    this.#sequences += sequences;
  }
}

/** Columns [start, start + width) of a matrix with n columns. */
function columnsOf(matrix: Float32Array, n: number, start: number, width: number): Float32Array {
  if (width === n) return matrix;
  const rows = matrix.length / n;
  const part = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++)
    part.set(matrix.subarray(row * n + start, row * n + start + width), row * width);
  return part;
}

/** Rows whose output error is measured together. */
const ERROR_ROWS = 256;

/**
 * tr((W−Q)H(W−Q)ᵀ) / tr(WHWᵀ): the layer's squared output error on the calibration inputs as a
 * share of its output's energy. Without H, inputs are taken as white (H = I).
 */
export async function relativeError(
  weight: Float32Array,
  quantized: Float32Array,
  hessian: Float32Array | undefined,
  columns: number,
  { gemm }: Algebra = plainAlgebra,
): Promise<number> {
  let [lost, whole] = [0, 0];
  const step = Math.min(weight.length, ERROR_ROWS * columns);
  const product = new Float32Array(step);
  const difference = new Float32Array(step);
  const energy = async (matrix: Float32Array) => {
    const m = matrix.length / columns;
    if (hessian === undefined) return dot(matrix, matrix);
    await gemm(product, matrix, hessian, { m, n: columns, k: columns, alpha: 1, beta: 0 });
    // The last rows fill only a part of the product.
    return dot(matrix, product);
  };
  for (let start = 0; start < weight.length; start += step) {
    const rows = weight.subarray(start, start + step);
    for (let i = 0; i < rows.length; i++) difference[i] = rows[i]! - quantized[start + i]!;
    lost += await energy(difference.subarray(0, rows.length));
    whole += await energy(rows);
  }
  free(product);
  free(difference);
  return whole === 0 ? 0 : lost / whole;
}

/** Of all of `a` and as much of `b`. */
function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

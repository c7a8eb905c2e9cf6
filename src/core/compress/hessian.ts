import { type Algebra, plainAlgebra } from './gemm.ts';

/**
 * GPTQ's running Hessian of a linear's squared output error, H = (2/N)·Σ XᵀX over calibration
 * sequences (METHODS.md B). fp32 like the reference, [in, in].
 */
export class Hessian {
  readonly columns: number;
  readonly values: Float32Array;
  #sequences = 0;

  constructor(columns: number) {
    this.columns = columns;
    this.values = new Float32Array(columns * columns);
  }

  /** Adds the inputs [tokens, in] of `sequences` calibration sequences. */
  async add(inputs: Float32Array, sequences: number, { gemm }: Algebra = plainAlgebra) {
    const n = this.columns;
    const gram = new Float32Array(n * n);
    const k = inputs.length / n;
    await gemm(gram, inputs, inputs, { m: n, n, k, transposeA: true, alpha: 1, beta: 0 });
    this.addGram(gram, sequences);
  }

  /** H ← H·N/(N+b) + (2/N′)·gram, with gram = XᵀX [in, in] of b sequences. */
  addGram(gram: Float32Array, sequences: number): void {
    const total = this.#sequences + sequences;
    const keep = this.#sequences / total;
    const weight = 2 / total;
    const h = this.values;
    for (let i = 0; i < h.length; i++) h[i] = h[i]! * keep + weight * gram[i]!;
    this.#sequences = total;
  }
}

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
  const difference = weight.map((w, i) => w - quantized[i]!);
  const energy = async (matrix: Float32Array) => {
    const rows = matrix.length / columns;
    if (hessian === undefined) return dot(matrix, matrix);
    const product = new Float32Array(matrix.length);
    const shape = { m: rows, n: columns, k: columns, alpha: 1, beta: 0 } as const;
    await gemm(product, matrix, hessian, shape);
    return dot(product, matrix);
  };
  const whole = await energy(weight);
  return whole === 0 ? 0 : (await energy(difference)) / whole;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

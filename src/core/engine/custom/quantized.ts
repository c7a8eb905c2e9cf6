import * as tf from '@tensorflow/tfjs-core';

export const QUANTIZED_MATMUL = 'QuantizedMatMul';
export const QUANTIZED_MATMUL_TRANSPOSED = 'QuantizedMatMulTransposed';

/** Bytes in memory, or a range of a file with its resolved absolute path. */
export type Bytes =
  | Uint8Array
  | { readonly path: string; readonly offset: number; readonly length: number };

/**
 * A quantised linear layer in the layout of ONNX Runtime's MatMulNBits: weight[n, k] =
 * scales[n, k/block] · (codes[n, k] − zeros[n, k/block]).
 */
export interface KernelWeights {
  /** Rows N. */
  readonly out: number;
  /** Columns K, a multiple of `block`. */
  readonly in: number;
  /** Columns that share a scale: 16, 32, 64, 128 or 256. */
  readonly block: number;
  /** Width of a stored code. 2- and 3-bit codes sit in nibbles. */
  readonly bits: 4 | 8;
  /** [out, in·bits/8], two nibbles a byte, the even column in the low one. */
  readonly codes: Bytes;
  /** [out, in/block] float32. */
  readonly scales: Float32Array;
  /** [out, in/block] packed like codes, each row padded to whole bytes. */
  readonly zeros: Uint8Array;
  /** Act-order: column j of the codes is column permutation[j] of the original weight. */
  readonly permutation?: Int32Array;
}

interface Attributes {
  readonly weights: KernelWeights;
}

const run = (kernel: string, x: tf.Tensor, weights: KernelWeights): tf.Tensor =>
  tf.engine().runKernel(kernel, { x }, { weights } as unknown as tf.NamedAttrMap) as tf.Tensor;

tf.registerGradient({
  kernelName: QUANTIZED_MATMUL,
  gradFunc: (dy, _saved, attrs) => {
    const { weights } = attrs as unknown as Attributes;
    return { x: () => run(QUANTIZED_MATMUL_TRANSPOSED, dy as tf.Tensor, weights) };
  },
});

/** Columns taken in another order; the gradient puts them back with the inverse order. */
function permuteColumns(x: tf.Tensor, permutation: Int32Array): tf.Tensor {
  const inverse = new Int32Array(permutation.length);
  permutation.forEach((from, to) => {
    inverse[from] = to;
  });
  const gather = (y: tf.Tensor, order: Int32Array) => tf.gather(y, tf.tensor1d(order, 'int32'), 1);
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: gather(args[0] as tf.Tensor, permutation),
    gradFunc: (dy: tf.Tensor) => gather(dy, inverse),
  }))(x);
}

/**
 * x [rows, in] times the transposed quantised weight → [rows, out]. One copy of the codes serves
 * the product and its gradient with respect to x; the weight itself is constant.
 */
export function quantizedMatMul(x: tf.Tensor, weights: KernelWeights): tf.Tensor {
  const { permutation } = weights;
  return run(QUANTIZED_MATMUL, permutation ? permuteColumns(x, permutation) : x, weights);
}

/** Unpacks nibbles or bytes, rows padded to whole bytes, to one byte per code. */
export function unpackRows(
  packed: Uint8Array,
  rows: number,
  columns: number,
  bits: 4 | 8,
): Uint8Array {
  if (bits === 8) return packed;
  const stride = Math.ceil(columns / 2);
  const codes = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const byte = packed[row * stride + (column >> 1)]!;
      codes[row * columns + column] = column & 1 ? byte >> 4 : byte & 15;
    }
  return codes;
}

/** The dense float32 weight [out, in], columns in stored order. */
export function dequantize(weights: KernelWeights, codeBytes: Uint8Array): Float32Array {
  const { out, block, bits, scales } = weights;
  const width = weights.in;
  const groups = width / block;
  const codes = unpackRows(codeBytes, out, width, bits);
  const zeros = unpackRows(weights.zeros, out, groups, bits);
  const dense = new Float32Array(out * width);
  for (let row = 0; row < out; row++)
    for (let column = 0; column < width; column++) {
      const group = row * groups + Math.floor(column / block);
      dense[row * width + column] = scales[group]! * (codes[row * width + column]! - zeros[group]!);
    }
  return dense;
}

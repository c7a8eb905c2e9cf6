import type { Algebra } from './gemm.ts';
import type { CompressedLinear, HessianFactor, LinearProblem } from './quantized.ts';

/** A training-free way to compress linear layers, with its settings. */
export interface Compressor {
  /** Whether the layers' inputs decide; where not, they only measure the error. */
  readonly needsCalibration: boolean;
  /**
   * The costly part that linears with one input (q, k, v) share.
   * @throws KintsugiError QUANTIZATION_INVALID where the Hessian has no usable factor.
   */
  prepare?(hessian: Float32Array, columns: number, algebra?: Algebra): Promise<HessianFactor>;
  /** The algebra is plain JavaScript by default. */
  compress(problem: LinearProblem, algebra?: Algebra): Promise<CompressedLinear>;
}

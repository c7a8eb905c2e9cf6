import type { Algebra } from './gemm.ts';
import type {
  HessianFactor,
  LinearProblem,
  QuantizationOptions,
  QuantizedLinear,
} from './quantized.ts';

/** A training-free way to quantise linear layers. The algebra is plain JavaScript by default. */
export interface QuantizationMethod {
  readonly name: 'gptq' | 'rtn';
  readonly needsHessian: boolean;
  /**
   * The costly part that linears with one input (q, k, v) share.
   * @throws KintsugiError QUANTIZATION_INVALID where the Hessian has no usable factor.
   */
  prepare?(
    hessian: Float32Array,
    columns: number,
    options: QuantizationOptions,
    algebra?: Algebra,
  ): Promise<HessianFactor>;
  quantizeLinear(problem: LinearProblem, algebra?: Algebra): Promise<QuantizedLinear>;
}

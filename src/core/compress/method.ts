import type { HessianFactor } from './damping.ts';
import type { Gemm } from './gemm.ts';
import type { LinearProblem, QuantizationOptions, QuantizedLinear } from './quantized.ts';

/** A training-free way to quantise linear layers. Matrix products run in plain JavaScript by default. */
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
    gemm64?: Gemm<Float64Array>,
  ): Promise<HessianFactor>;
  quantizeLinear(problem: LinearProblem, gemm?: Gemm<Float32Array>): Promise<QuantizedLinear>;
}

import type { Gemm } from './gemm.ts';
import type { LinearProblem, QuantizedLinear } from './quantized.ts';

/** A training-free way to quantise one linear layer. */
export interface QuantizationMethod {
  readonly name: 'gptq' | 'rtn';
  readonly needsHessian: boolean;
  /**
   * Matrix products run through the two `gemm`s, plain JavaScript by default.
   * @throws KintsugiError QUANTIZATION_INVALID where the Hessian has no usable factor.
   */
  quantizeLinear(
    problem: LinearProblem,
    gemm?: Gemm<Float32Array>,
    gemm64?: Gemm<Float64Array>,
  ): Promise<QuantizedLinear>;
}

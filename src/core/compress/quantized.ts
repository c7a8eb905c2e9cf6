import type { Bits, GridOptions } from '../../shared/compression.ts';

/** How GPTQ walks through the columns. */
export interface SolverOptions {
  /** Quantise columns by descending activation energy. */
  readonly actOrder: boolean;
  /** Fit every group before any column moves. */
  readonly staticGroups: boolean;
  /** Share of mean diag H added to the diagonal. */
  readonly damping: number;
}

export type GptqOptions = GridOptions & SolverOptions;

/** W[o, i] = scales[g, o] · (codes[o, i] − zeros[g, o]) with g = gIdx[i]. */
export interface QuantizedWeight {
  readonly out: number;
  readonly in: number;
  readonly bits: Bits;
  readonly groupSize: number;
  /** [out, in], columns in the layer's own order. */
  readonly codes: Uint8Array;
  /** [groups, out], every value exactly representable in fp16. */
  readonly scales: Float32Array;
  /** [groups, out]. */
  readonly zeros: Uint8Array;
  /** [in]: the group of each input column. */
  readonly gIdx: Int32Array;
}

/** A compressed linear and what compressing it cost. */
export interface CompressedLinear {
  /** [out, in], in the layer's own order: the weight that is left. */
  readonly weight: Float32Array;
  /** The codes of that weight, where the method quantises. */
  readonly quantized?: QuantizedWeight;
  /** tr((W−Q)H(W−Q)ᵀ) / tr(WHWᵀ); with H = I when no Hessian was given. */
  readonly error: number;
  /** The damping that the factorisation succeeded with; 0 where the method has none. */
  readonly damping: number;
}

/** What GPTQ and SparseGPT need of a Hessian; linears that read one input share it. */
export interface HessianFactor {
  /** Solving order: position p holds column order[p] of the layer. */
  readonly order: Int32Array;
  /** [in, in], the upper Cholesky factor of (H[order, order] + damping)⁻¹. */
  readonly upper: Float32Array;
  /** Share of mean diag H that was added. */
  readonly damping: number;
}

export interface LinearProblem {
  /** [out, in]; not changed. */
  readonly weight: Float32Array;
  readonly out: number;
  readonly in: number;
  /** [in, in], see hessian.ts; not changed. */
  readonly hessian?: Float32Array;
  /** What the method's `prepare` made of that Hessian, where several linears share it. */
  readonly factor?: HessianFactor;
}

/** The group size in columns: −1 resolved. */
export function groupColumns(groupSize: number, columns: number): number {
  return groupSize === -1 ? columns : groupSize;
}

/** The dense weight [out, in] that the codes stand for. */
export function dequantize(q: QuantizedWeight): Float32Array {
  const dense = new Float32Array(q.out * q.in);
  for (let o = 0; o < q.out; o++) {
    for (let i = 0; i < q.in; i++) {
      const parameter = q.gIdx[i]! * q.out + o;
      const at = o * q.in + i;
      dense[at] = q.scales[parameter]! * (q.codes[at]! - q.zeros[parameter]!);
    }
  }
  return dense;
}

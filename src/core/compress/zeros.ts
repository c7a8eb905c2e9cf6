import type { Bits } from '../../shared/compression.ts';
import type { Quantization, ZeroFormat } from './format.ts';

/** Sum and number of stored zero points. */
export interface StoredZeros {
  readonly sum: number;
  readonly count: number;
}

export function countZeros(zeros: Iterable<Uint8Array>): StoredZeros {
  let [sum, count] = [0, 0];
  for (const part of zeros) {
    for (const value of part) sum += value;
    count += part.length;
  }
  return { sum, count };
}

/**
 * What qzeros hold, whatever checkpoint_format says: writers have put z itself into files marked
 * "gptq" (vllm-project/vllm#38966). A symmetric z is 2ᵇ⁻¹. An asymmetric one lies around the middle
 * of the codes, 2ᵇ⁻¹ − ½, over a model's many groups; there GPTQModel's word is taken, which writes
 * z − 1 into "gptq" on purpose.
 */
export function zeroFormat(
  { zeros, symmetric, bits, quantizers }: Quantization,
  stored: StoredZeros,
): ZeroFormat {
  if (zeros === 'v2' || stored.count === 0) return zeros;
  if (!symmetric && quantizers.some((name) => name.startsWith('gptqmodel'))) return 'v1';
  return stored.sum / stored.count > expectedMean(bits, symmetric) - 0.5 ? 'v2' : 'v1';
}

/** Of z itself. */
const expectedMean = (bits: Bits, symmetric: boolean) => 2 ** (bits - 1) - (symmetric ? 0 : 0.5);

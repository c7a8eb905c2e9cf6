import type { NumericArray } from '../../src/core/engine/program.ts';

/** ‖actual − expected‖ / ‖expected‖. */
export function relativeError(actual: NumericArray, expected: NumericArray): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (expected[i]! - actual[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}

import type { ArmRecovery } from '../../shared/results.ts';
import {
  type BootstrapOptions,
  bootstrapValues,
  percentileInterval,
  pointValue,
  type SeedScores,
} from './statistics-bootstrap.ts';

/** Scores of the three arms that recovery needs, on the same inputs, for one seed. Higher is better. */
export interface RecoveryScores {
  readonly tasks: readonly string[];
  readonly original: ArrayLike<number>;
  readonly compressed: ArrayLike<number>;
  readonly repaired: ArrayLike<number>;
}

/**
 * Recovery over one or several seeds, every task weighing the same, with a paired bootstrap
 * interval on the ratio itself (numerator and denominator move together). For losses or
 * log-perplexity hand in the negated values.
 */
export function recovery(
  seeds: readonly RecoveryScores[],
  options: BootstrapOptions = {},
): ArmRecovery {
  const scores: SeedScores[] = seeds.map(({ tasks, original, compressed, repaired }) => ({
    tasks,
    scores: [original, compressed, repaired],
  }));
  const lost = pointValue(scores, ([original, compressed]) => original! - compressed!);
  const regained = pointValue(scores, ([, compressed, repaired]) => repaired! - compressed!);
  if (lost <= ROUNDING) return { kind: 'nothing-lost', lost, regained };

  const { level = 0.95 } = options;
  const shares = bootstrapValues(scores, shareRegained, options);
  const bounded = shares.filter((share) => !Number.isNaN(share));
  const share = regained / lost;
  // Dropping a resample is dropping the extreme one: allowed only within the tail that the
  // interval leaves out anyway.
  if (shares.length - bounded.length > (shares.length * (1 - level)) / 2) {
    return { kind: 'unbounded', lost, regained, share };
  }
  return { kind: 'recovered', lost, regained, share, interval: percentileInterval(bounded, level) };
}

/** Equal scores may differ by the rounding of their sums; no real loss is this small. */
const ROUNDING = 1e-12;

/** NaN marks a resample in which nothing was lost; it never leaves this file. */
function shareRegained([original, compressed, repaired]: readonly number[]): number {
  const lost = original! - compressed!;
  return lost <= ROUNDING ? Number.NaN : (repaired! - compressed!) / lost;
}

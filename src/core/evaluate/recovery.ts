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

  const share = regained / lost;
  const shares = bootstrapValues(scores, shareRegained, options);
  const interval = percentileInterval(shares, options.level);
  if (!Number.isFinite(interval.low) || !Number.isFinite(interval.high))
    return { kind: 'unbounded', lost, regained, share };
  return { kind: 'recovered', lost, regained, share, interval };
}

/** Equal scores may differ by the rounding of their sums; no real loss is this small. */
const ROUNDING = 1e-12;

/** A resample in which nothing was lost is the most extreme one: the limit of ever smaller losses. */
function shareRegained([original, compressed, repaired]: readonly number[]): number {
  const lost = original! - compressed!;
  const regained = repaired! - compressed!;
  if (lost > ROUNDING) return regained / lost;
  return regained < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

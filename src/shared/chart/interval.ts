import type { ArmRecovery, Estimate } from '../results.ts';

/** A value with its interval; null where there is none. */
export interface Value {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Normal approximation. */
const Z95 = 1.96;

/** 95% interval of an accuracy, within what an accuracy can be. */
export function accuracyInterval({ mean, standardError }: Estimate): Value {
  if (standardError === null) return { value: mean, low: null, high: null };
  const half = Z95 * standardError;
  return { value: mean, low: Math.max(0, mean - half), high: Math.min(1, mean + half) };
}

/** The share that came back; null where there was nothing to bring back. */
export function recoveryInterval(recovery: ArmRecovery | null): Value | null {
  if (recovery === null || recovery.kind === 'nothing-lost') return null;
  const interval = recovery.kind === 'recovered' ? recovery.interval : null;
  return { value: recovery.share, low: interval?.low ?? null, high: interval?.high ?? null };
}

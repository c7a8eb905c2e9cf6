import type { ArmRecovery, ControlSays, DisplacementKind } from '../../shared/results.ts';

/** What the same repair regained on three kinds of facts. */
export interface DisplacementEvidence {
  /** Facts that compression damaged and tuning never showed. */
  readonly unseen: ArmRecovery;
  /** Facts that it was tuned on; absent where they were not asked. */
  readonly seen?: ArmRecovery;
  /** Facts that the control model never knew: nothing is there to be found. */
  readonly control?: ArmRecovery;
}

export interface DisplacementVerdict {
  readonly kind: DisplacementKind;
  readonly control: ControlSays;
}

/** A share of at most this is as good as none. */
const NEGLIGIBLE = 0.1;

type Sign = 'regained' | 'not-regained' | 'unclear';

/**
 * Reads the evidence by its intervals alone. Tuning can teach only what it shows: what comes back on
 * other facts must have been in the weights. The control guards the reading: where the knowledge
 * was never there, the same repair must regain nothing.
 */
export function judgeDisplacement(evidence: DisplacementEvidence): DisplacementVerdict {
  const unseen = signOf(evidence.unseen);
  if (unseen === undefined) return { kind: 'nothing-lost', control: 'absent' };
  const seen = evidence.seen && signOf(evidence.seen);
  const control = controlOf(evidence);
  return { kind: kindOf(unseen, seen, control), control };
}

/** The first of these that any repair shows is what all of them show together. */
const STRONGEST: readonly DisplacementKind[] = [
  'displaced',
  'untrustworthy',
  'undecided',
  'forgotten',
  'nothing-regained',
  'nothing-lost',
];

/**
 * Several repairs of one compressed model: what one brings back was there, whatever the others fail
 * at; that it is gone takes all of them.
 */
export const judgeTogether = (kinds: readonly DisplacementKind[]): DisplacementKind =>
  STRONGEST.find((kind) => kinds.includes(kind)) ?? 'nothing-lost';

function kindOf(unseen: Sign, seen: Sign | undefined, control: ControlSays): DisplacementKind {
  switch (unseen) {
    case 'regained':
      return control === 'does-not-flip' ? 'untrustworthy' : 'displaced';
    case 'unclear':
      return 'undecided';
    case 'not-regained':
      if (seen === 'regained') return 'forgotten';
      return seen === 'not-regained' ? 'nothing-regained' : 'undecided';
  }
}

/** The control flips the verdict when nothing comes back, or clearly less than on the real model. */
function controlOf({ unseen, control }: DisplacementEvidence): ControlSays {
  const sign = control && signOf(control);
  if (sign === undefined) return 'absent';
  if (sign === 'not-regained') return 'flips';
  if (unseen.kind !== 'recovered' || control?.kind !== 'recovered') return 'unclear';
  if (control.interval.high < unseen.interval.low) return 'flips';
  return sign === 'regained' ? 'does-not-flip' : 'unclear';
}

/** Undefined where nothing was lost. */
function signOf(recovery: ArmRecovery): Sign | undefined {
  if (recovery.kind === 'nothing-lost') return undefined;
  if (recovery.kind === 'unbounded') return 'unclear';
  const { low, high } = recovery.interval;
  if (low > 0) return 'regained';
  return high <= NEGLIGIBLE ? 'not-regained' : 'unclear';
}

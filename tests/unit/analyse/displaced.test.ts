import { describe, expect, it } from 'vitest';
import {
  type DisplacementEvidence,
  judgeDisplacement,
} from '../../../src/core/analyse/displaced.ts';
import type { ArmRecovery } from '../../../src/shared/results.ts';

const between = (low: number, high: number): ArmRecovery => ({
  kind: 'recovered',
  lost: 0.2,
  regained: (0.2 * (low + high)) / 2,
  share: (low + high) / 2,
  interval: { low, high, level: 0.95 },
});
const nothingLost: ArmRecovery = { kind: 'nothing-lost', lost: 0, regained: 0 };
const unbounded: ArmRecovery = { kind: 'unbounded', lost: 0.01, regained: 0.005, share: 0.5 };

const cases: readonly [string, DisplacementEvidence, string, string][] = [
  [
    'unseen facts came back, the control did not',
    { unseen: between(0.2, 0.4), seen: between(0.3, 0.5), control: between(-0.05, 0.05) },
    'displaced',
    'flips',
  ],
  ['unseen facts came back, no control', { unseen: between(0.2, 0.4) }, 'displaced', 'absent'],
  [
    'the control regained a little, but clearly less',
    { unseen: between(0.4, 0.6), control: between(0.05, 0.2) },
    'displaced',
    'flips',
  ],
  [
    'the control regained as much: the test measures something else',
    { unseen: between(0.2, 0.4), control: between(0.1, 0.3) },
    'untrustworthy',
    'does-not-flip',
  ],
  [
    'only tuned facts came back',
    { unseen: between(-0.1, 0.05), seen: between(0.4, 0.6) },
    'forgotten',
    'absent',
  ],
  [
    'nothing came back, tuned facts neither',
    { unseen: between(-0.1, 0.05), seen: between(-0.1, 0.08) },
    'nothing-regained',
    'absent',
  ],
  [
    'an interval that holds both nothing and much decides nothing',
    { unseen: between(-0.1, 0.4), seen: between(0.2, 0.5) },
    'undecided',
    'absent',
  ],
  ['a loss too small to bound', { unseen: unbounded, seen: unbounded }, 'undecided', 'absent'],
  ['nothing was lost', { unseen: nothingLost }, 'nothing-lost', 'absent'],
  [
    'a control whose interval is wide is no control',
    { unseen: between(0.2, 0.4), control: between(-0.2, 0.5) },
    'displaced',
    'unclear',
  ],
];

describe('forgotten or displaced', () => {
  it.each(cases)('%s', (_, evidence, kind, control) => {
    expect(judgeDisplacement(evidence)).toEqual({ kind, control });
  });
});

import type { ArmId, ArmRecovery, ArmResult } from '../../shared/results.ts';

const NAMES: Readonly<Record<ArmId, string>> = {
  original: 'the original',
  compressed: 'compression',
  prompt: 'the best single prompt',
  idp: 'the prompt bank with dynamic selection',
  lora: 'LoRA',
};

/** The comparison in a few sentences that claim no more than the intervals allow. */
export function verdict(arms: readonly ArmResult[]): string {
  const repaired = arms.filter((result) => result.recovery !== null);
  const first = repaired[0]?.recovery;
  if (first === undefined || first === null) return 'Nothing was repaired, so nothing is compared.';
  if (first.kind === 'nothing-lost') {
    return 'Compression lost no accuracy on these tasks, so there is nothing to regain.';
  }
  return [
    `Compression cost ${points(first.lost)} points of accuracy.`,
    `${capitalise(list(repaired.map(describe)))}.`,
    conclusion(repaired),
  ].join(' ');
}

function describe({ arm, recovery }: ArmResult): string {
  const name = NAMES[arm.id];
  if (recovery?.kind === 'recovered') {
    const { low, high } = recovery.interval;
    return `${name} regained ${percent(recovery.share)} of that (95% interval ${percent(low)} to ${percent(high)})`;
  }
  if (recovery?.kind === 'unbounded') {
    return `${name} regained ${percent(recovery.share)} of that, with a loss too small to bound the share`;
  }
  return `${name} had nothing to regain`;
}

function conclusion(repaired: readonly ArmResult[]): string {
  const best = repaired.reduce((a, b) => (share(b.recovery) > share(a.recovery) ? b : a));
  if (best.recovery?.kind !== 'recovered' || best.recovery.interval.low <= 0) {
    return 'No repair is certain to be better than none.';
  }
  const others = repaired.filter((result) => result !== best && overlaps(result, best));
  const name = capitalise(NAMES[best.arm.id]);
  return others.length === 0
    ? `${name} repaired most.`
    : `${name} repaired most, but its interval overlaps with that of ${list(others.map(({ arm }) => NAMES[arm.id]))}.`;
}

const share = (recovery: ArmRecovery | null): number =>
  recovery?.kind === 'recovered' ? recovery.share : Number.NEGATIVE_INFINITY;

function overlaps({ recovery: a }: ArmResult, { recovery: b }: ArmResult): boolean {
  if (a?.kind !== 'recovered' || b?.kind !== 'recovered') return false;
  return a.interval.low <= b.interval.high && b.interval.low <= a.interval.high;
}

const points = (share: number): string => (100 * share).toFixed(1);
const percent = (share: number): string => `${Math.round(100 * share)}%`;
const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const list = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

import {
  type Arm,
  type ArmComparison,
  type ArmId,
  type ArmResult,
  type BankArmId,
  isBankArm,
  isLoraArm,
} from '../../shared/results.ts';
import { capitalise, list, NAMES, percent } from './words.ts';

function nameOf({ id, label }: Arm): string {
  if (isBankArm(id)) return label;
  return isLoraArm(id) ? label.replace(/^\+ /, '') : NAMES[id];
}

/**
 * The comparison in a few sentences that claim no more than the intervals allow.
 * @param parameters of the model, which extra parameters are a share of
 */
export function verdict(
  arms: readonly ArmResult[],
  parameters: number,
  comparisons: readonly ArmComparison[] = [],
): string {
  const repaired = arms.filter((result) => result.recovery !== null);
  const first = repaired[0]?.recovery;
  if (first === undefined || first === null) return 'Nothing was repaired, so nothing is compared.';
  if (first.kind === 'nothing-lost') {
    return 'Compression lost no accuracy on these tasks, so there is nothing to regain.';
  }
  const regained = repaired.map((result) => describe(result, parameters));
  return [
    `Compression cost ${points(first.lost)} points of accuracy.`,
    `${capitalise(regained.join('; '))}.`,
    conclusion(repaired, comparisons),
    ...besideLora(arms, comparisons),
  ].join(' ');
}

/** Largest chance of a difference by luck alone, over all tasks together, that is still called one. */
const SIGNIFICANT = 0.05;

/**
 * "The prompt bank … is not distinguishable from ${lora} on 6 of 9 tasks, better on 1 and worse on 2",
 * for each adapter.
 */
function besideLora(arms: readonly ArmResult[], comparisons: readonly ArmComparison[]): string[] {
  const labels = new Map(arms.map(({ arm }) => [arm.id, arm]));
  return comparisons.flatMap(({ first, second, tasks }) => {
    if (first !== 'idp' || !isLoraArm(second)) return [];
    const found = Object.values(tasks);
    const clear = found.filter(({ adjusted }) => adjusted < SIGNIFICANT);
    const worse = clear.filter(({ difference }) => difference > 0).length;
    const [name, lora] = [capitalise(nameOf(labels.get(first)!)), nameOf(labels.get(second)!)];
    const count = found.length - clear.length;
    const same = `${name} is not distinguishable from ${lora} on ${count} of ${found.length} tasks`;
    if (clear.length === 0) return [`${same}.`];
    return [`${same}, better on ${clear.length - worse} and worse on ${worse}.`];
  });
}

/** "LoRA brought back 5.5 of them (34%, 95% interval 24% to 45%) with 0.48% extra parameters" */
function describe({ arm, recovery, extraParameters }: ArmResult, parameters: number): string {
  const name = nameOf(arm);
  const cost = `with ${smallPercent(extraParameters / parameters)} extra parameters`;
  if (recovery?.kind === 'recovered') {
    const { low, high } = recovery.interval;
    const interval = `95% interval ${percent(low)} to ${percent(high)}`;
    return `${name} ${change(recovery.regained)} (${percent(recovery.share)}, ${interval}) ${cost}`;
  }
  if (recovery?.kind === 'unbounded') {
    return `${name} ${change(recovery.regained)} ${cost}, of a loss too small to bound the share`;
  }
  return `${name} had nothing to regain`;
}

const change = (regained: number): string =>
  regained < 0 ? `lost another ${points(-regained)}` : `brought back ${points(regained)} of them`;

/** By the paired differences, which tell arms apart that intervals of each alone would not. */
function conclusion(repaired: readonly ArmResult[], comparisons: readonly ArmComparison[]): string {
  const best = repaired.reduce((a, b) => (regainedBy(b) > regainedBy(a) ? b : a));
  const lead = (over: ArmId | BankArmId) => leadOf(comparisons, best.arm.id, over);
  if (!((lead('compressed') ?? lowEnd(best)) > 0))
    return 'No repair is certain to be better than none.';
  const others = repaired.filter(
    (other) => other !== best && !((lead(other.arm.id) ?? lowEnd(best) - highEnd(other)) > 0),
  );
  const name = capitalise(nameOf(best.arm));
  return others.length === 0
    ? `${name} repaired most.`
    : `${name} repaired most, but is not told apart from ${list(others.map(({ arm }) => nameOf(arm)))}.`;
}

const regainedBy = ({ recovery }: ArmResult): number => recovery?.regained ?? 0;

/** What an arm has over another at least; undefined where they were not compared by input. */
function leadOf(
  comparisons: readonly ArmComparison[],
  arm: ArmId | BankArmId,
  over: ArmId | BankArmId,
): number | undefined {
  const of = (first: string, second: string) =>
    comparisons.find((one) => one.first === first && one.second === second)?.difference.interval;
  const turned = of(arm, over);
  return of(over, arm)?.low ?? (turned && -turned.high);
}

/** Of an arm alone: the ends of the share that it brought back. */
const lowEnd = ({ recovery }: ArmResult): number =>
  recovery?.kind === 'recovered' ? recovery.interval.low : Number.NEGATIVE_INFINITY;
const highEnd = ({ recovery }: ArmResult): number =>
  recovery?.kind === 'recovered' ? recovery.interval.high : Number.POSITIVE_INFINITY;

const points = (share: number): string => (100 * share).toFixed(1);
/** Two digits that count: 0.024%, 0.48%, 12%. */
const smallPercent = (share: number): string => `${Number((100 * share).toPrecision(2))}%`;

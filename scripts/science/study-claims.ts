/** What the study's runs say to each claim of the paper, in sentences that follow from the numbers. */
import {
  formatCount,
  formatDecimal,
  formatPercent,
  formatPoints,
  formatWholePercent,
} from '../../src/shared/format.ts';
import type {
  ArmComparison,
  ArmRecovery,
  ArmResult,
  Interval,
  RunResults,
  RunTimings,
} from '../../src/shared/results.ts';
import type { Part } from './study-runs.ts';

export interface StudyResult {
  readonly part: Part;
  readonly name: string;
  readonly id: string;
  readonly results: RunResults;
  readonly timings: RunTimings;
}

type Say = (result: StudyResult) => string;

const CLAIMS: readonly { readonly claim: string; readonly of?: Part; readonly say: Say }[] = [
  {
    claim: 'Prompts bring knowledge back that they were never shown (the target: IDP at least 50%)',
    say({ results }) {
      const { recovery, mean } = armOf(results, 'idp')!;
      const difference = armOf(results, 'original')!.mean.mean - lowest(results);
      const lost = `${(100 * difference).toFixed(1)} points`;
      if (recovery?.kind !== 'recovered')
        return `not decidable: compression lost ${lost}, too little to bound the share; IDP stands at ${formatPercent(mean.mean)}`;
      const { share, interval } = recovery;
      const all = `${formatWholePercent(share)} (${shares(interval)}) of the ${lost} lost`;
      if (interval.low > 0.5) return `yes: ${all}`;
      if (interval.low > 0)
        return share >= 0.5 ? `yes, though not surely half: ${all}` : `in part: ${all}`;
      return `not shown: ${all}`;
    },
  },
  {
    claim: 'IDP is better than a single prompt',
    say: ({ results }) => differs(results, 'prompt'),
  },
  {
    claim: 'IDP chooses better than chance among the prompts of its bank',
    say({ results }) {
      const best = results.selectors!.find(({ kind }) => kind === 'oracle')!.overRandom!;
      return `${overRandom(results, 'idp')}; an oracle ${pointsIn(best)}`;
    },
  },
  {
    claim: 'IDP is as good as LoRA with far fewer parameters',
    say({ results }) {
      const own = armOf(results, 'idp')!.extraParameters;
      return results.arms
        .filter(({ arm }) => arm.id === 'lora' || arm.id.startsWith('lora-'))
        .toSorted((a, b) => a.extraParameters - b.extraParameters)
        .map(({ arm, extraParameters }) => {
          const times = (extraParameters / own).toFixed(1);
          return `against ${arm.label.slice(2)} with ${times}× the bank's parameters ${differs(results, arm.id)}`;
        })
        .join('; ');
    },
  },
  {
    claim: 'Choosing takes no time to speak of, and less than LoRA',
    say({ timings: { millisecondsPerInput: time } }) {
      const [idp, prompt, lora] = [time.idp!, time.prompt!, time.lora!];
      return `IDP ${formatDecimal(idp)} ms per input, the single prompt ${formatDecimal(prompt)}, LoRA ${formatDecimal(lora)}`;
    },
  },
  {
    claim: 'A prompt per task, chosen by a classifier, does better',
    of: 'families',
    say({ results }) {
      const [chosen, idp] = ['classifier', 'idp'].map((kind) => overRandom(results, kind));
      return `than a random one of its prompts ${chosen}; IDP among the same prompts ${idp}; than the single prompt ${differs(results, 'prompt')}; it brings back ${recovery(armOf(results, 'idp')!.recovery)}`;
    },
  },
  {
    claim: 'What came back had been displaced, not forgotten',
    of: 'displaced',
    say: ({ results }) => results.analysis!.displaced!.words.replace(/\.$/, ''),
  },
];

/** A heading per claim, with a line for every run that speaks to it. */
export const claims = (runs: readonly StudyResult[]): string =>
  CLAIMS.flatMap(({ claim, of = 'comparison', say }) => {
    const lines = runs
      .filter(({ part }) => part === of)
      .map((run) => `- ${run.name}: ${say(run)}.`);
    return lines.length === 0 ? [] : [`**${claim}?**\n\n${lines.join('\n')}`];
  }).join('\n\n');

function overRandom({ selectors = [] }: RunResults, kind: string): string {
  const over = selectors.find((selector) => selector.kind === kind)!.overRandom!;
  return `${judged(over.interval)}: ${pointsIn(over)}`;
}

export const armOf = (results: RunResults, id: string): ArmResult | undefined =>
  results.arms.find(({ arm }) => arm.id === id);

const lowest = (results: RunResults): number => armOf(results, 'compressed')!.mean.mean;

/** The bank's accuracy minus another repair's, every task weighing the same. */
export function against(results: RunResults, other: string): ArmComparison {
  const pair = results.comparisons!.find(
    ({ first, second }) =>
      [first, second].includes('idp') && [first, second].includes(other as never),
  )!;
  if (pair.first !== 'idp') return pair;
  return { ...pair, difference: negated(pair.difference) };
}

function differs(results: RunResults, other: string): string {
  const pair = against(results, other);
  return `${judged(pair.difference.interval)}: ${pointsIn(pair.difference)}${onTasks(pair)}`;
}

function onTasks({ tasks }: ArmComparison): string {
  const all = Object.values(tasks);
  const clear = all.filter(({ adjusted }) => adjusted < 0.05).length;
  return `, told apart on ${formatCount(clear)} of ${formatCount(all.length)} tasks`;
}

type Difference = ArmComparison['difference'];

const negated = ({ value, interval }: Difference): Difference => ({
  value: -value,
  interval: { ...interval, low: -interval.high, high: -interval.low },
});

export function judged({ low, high }: Interval): string {
  if (low > 0) return 'better';
  return high < 0 ? 'worse' : 'not distinguishable';
}

const pointsIn = ({ value, interval: { low, high } }: Difference): string =>
  `${formatPoints(value)} points (${formatPoints(low)} to ${formatPoints(high)})`;

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

export function recovery(value: ArmRecovery | null): string {
  if (value === null) return '–';
  if (value.kind === 'nothing-lost') return 'nothing was lost';
  const share = formatWholePercent(value.share);
  return value.kind === 'unbounded'
    ? `${share} (unbounded)`
    : `${share} (${shares(value.interval)})`;
}

const shares = ({ low, high }: Interval): string =>
  `${formatWholePercent(low)} to ${formatWholePercent(high)}`;

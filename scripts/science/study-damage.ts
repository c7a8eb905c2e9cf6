/** What came back against how much was lost, over all compressions of the study. */
import { list } from '../../src/main/compute/words.ts';
import { recoveryAgainstDamage } from '../../src/main/report/charts.ts';
import type { ArmRecovery } from '../../src/shared/results.ts';
import { against, armOf, judged, recovery, type StudyResult, table } from './study-claims.ts';
import { svgFile } from './study-figure.ts';

const ARMS = ['prompt', 'idp', 'lora'] as const;

export const damageFigure = (runs: readonly StudyResult[]): string | null =>
  svgFile(recoveryAgainstDamage(runs.map((run) => ({ outcome: run }))));

/** A table, the least damage first, with what follows for the target. */
export function damage(runs: readonly StudyResult[]): string {
  const rising = runs.toSorted((a, b) => lost(a) - lost(b));
  const rows = rising.map((run) => [
    run.name,
    String(run.results.seeds.length),
    (100 * lost(run)).toFixed(1),
    ...ARMS.map((id) => recovery(recoveryOf(run, id))),
    half(recoveryOf(run, 'idp')),
  ]);
  const head = [
    'compression',
    'seeds',
    'points lost',
    '▲ best prompt',
    '◆ IDP bank',
    '✕ LoRA, rank 4',
    'half by IDP?',
  ];
  return [table(head, rows), target(rising)].join('\n\n');
}

const recoveryOf = ({ results }: StudyResult, id: string): ArmRecovery =>
  armOf(results, id)!.recovery!;

const lost = (run: StudyResult): number => recoveryOf(run, 'idp').lost;

function half(value: ArmRecovery): string {
  if (value.kind !== 'recovered') return 'not decidable';
  const { share, interval } = value;
  if (interval.low > 0.5) return 'yes';
  if (interval.high < 0.5) return 'no';
  return share >= 0.5 ? 'perhaps: more likely than not' : 'perhaps not';
}

/** At least half, surely more than nothing, and not worse than the best fixed prompt. */
function meets(run: StudyResult): boolean {
  const value = recoveryOf(run, 'idp');
  if (value.kind !== 'recovered' || value.share < 0.5 || value.interval.low <= 0) return false;
  return judged(against(run.results, 'prompt').difference.interval) !== 'worse';
}

function target(runs: readonly StudyResult[]): string {
  const [met, missed] = [runs.filter(meets), runs.filter((run) => !meets(run))];
  const named = (some: readonly StudyResult[]) =>
    some.length === 0
      ? 'none'
      : list(some.map((run) => `${run.name} (${(100 * lost(run)).toFixed(1)} points lost)`));
  return `The target was that IDP brings back at least half on facts never tuned on, with an interval above 0, and is not worse than the best single prompt. It holds for: ${named(met)}. It does not hold for: ${named(missed)}.`;
}

import { describeCompression, gridOf } from '../../shared/compression.ts';
import type { ArmResult } from '../../shared/results.ts';
import type { ReportedRun } from './reported-run.ts';

const COLUMNS = [
  'run',
  'name',
  'status',
  'created',
  'model',
  'compression',
  'bits',
  'seed',
  'arm',
  'accuracy',
  'standard error',
  'perplexity',
  'share recovered',
  'from',
  'to',
  'extra parameters',
  'bytes on disk',
  'bytes in memory',
  'ms per input',
] as const;

type TabledRun = Pick<
  ReportedRun,
  'id' | 'name' | 'status' | 'createdAt' | 'recipe' | 'seed' | 'outcome'
>;

/** One row per run and arm. */
export function runsAsCsv(runs: readonly TabledRun[]): string {
  const rows = runs.flatMap((run) => {
    const arms = run.outcome?.results.arms ?? [undefined];
    const times = run.outcome?.timings.millisecondsPerInput;
    return arms.map((arm) => [...runCells(run), ...armCells(arm, arm && times?.[arm.arm.id])]);
  });
  return `${[COLUMNS, ...rows].map((row) => row.map(csvCell).join(',')).join('\n')}\n`;
}

function runCells({ id, name, status, createdAt, recipe, seed }: TabledRun): unknown[] {
  const created = new Date(createdAt).toISOString();
  const compression = recipe ? describeCompression(recipe.compression) : undefined;
  const bits = recipe ? gridOf(recipe.compression)?.bits : undefined;
  return [id, name, status, created, recipe?.model, compression, bits, seed];
}

function armCells(result: ArmResult | undefined, milliseconds: number | undefined): unknown[] {
  if (result === undefined) return COLUMNS.slice(8).map(() => undefined);
  const { arm, mean, perplexity, recovery } = result;
  const share = recovery !== null && 'share' in recovery ? recovery.share : undefined;
  const interval = recovery?.kind === 'recovered' ? recovery.interval : undefined;
  return [
    ...[arm.id, mean.mean, mean.standardError, perplexity, share, interval?.low, interval?.high],
    ...[result.extraParameters, result.bytesOnDisk, result.bytesInMemory, milliseconds],
  ];
}

/** Quoted where needed; a text that a spreadsheet would run as a formula is kept a text. */
function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text =
    typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Name of a file about these runs, without its ending: "kintsugi-first-repair" or "kintsugi-3-runs". */
export function reportName(runs: readonly Pick<ReportedRun, 'name'>[]): string {
  const words = runs.length === 1 ? runs[0]!.name : `${runs.length} runs`;
  const plain = words.toLowerCase().match(/[a-z0-9]+/g) ?? ['run'];
  return `kintsugi-${plain.join('-').slice(0, 60)}`;
}

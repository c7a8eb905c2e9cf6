import { describeCompression, gridOf } from '../../shared/compression.ts';
import type { BinaryContent, FileContent } from '../../shared/contract/common.ts';
import type { RunDetail } from '../../shared/contract/runs.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { ArmResult } from '../../shared/results.ts';
import { findRun } from '../db/runs.ts';
import { renderReport } from '../report/report.ts';
import { type ReportedRun, readReportedRun } from '../report/reported-run.ts';
import type { Services } from './services.ts';
import { detail } from './summary.ts';

/** One row per run and arm (CSV), or the runs as they are shown (JSON). */
export async function exportRuns(
  services: Services,
  ids: readonly string[],
  format: 'csv' | 'json',
): Promise<FileContent> {
  const runs: RunDetail[] = [];
  for (const id of ids) runs.push(await detail(services, await findRun(services.store.db, id)));
  return format === 'json'
    ? {
        name: 'kintsugi-runs.json',
        type: 'application/json',
        text: `${JSON.stringify(runs, null, 2)}\n`,
      }
    : { name: 'kintsugi-runs.csv', type: 'text/csv', text: toCsv(runs) };
}

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
  'extra parameters',
  'bytes on disk',
] as const;

function toCsv(runs: readonly RunDetail[]): string {
  const rows = runs.flatMap((run) => {
    const arms = run.outcome?.results.arms ?? [undefined];
    return arms.map((arm) => [...runCells(run), ...armCells(arm)]);
  });
  return `${[COLUMNS, ...rows].map((row) => row.map(csvCell).join(',')).join('\n')}\n`;
}

function runCells({ id, name, status, createdAt, recipe, seed }: RunDetail): unknown[] {
  const created = new Date(createdAt).toISOString();
  const compression = recipe ? describeCompression(recipe.compression) : undefined;
  const bits = recipe ? gridOf(recipe.compression)?.bits : undefined;
  return [id, name, status, created, recipe?.model, compression, bits, seed];
}

function armCells(result: ArmResult | undefined): unknown[] {
  if (result === undefined) return COLUMNS.slice(8).map(() => undefined);
  const { arm, mean, perplexity, recovery, extraParameters, bytesOnDisk } = result;
  const share = recovery !== null && 'share' in recovery ? recovery.share : undefined;
  return [arm.id, mean.mean, mean.standardError, perplexity, share, extraParameters, bytesOnDisk];
}

/** Quoted where needed; a text that a spreadsheet would run as a formula is kept a text. */
function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text =
    typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Runs as one page that needs nothing else, to read, print or send. */
export async function reportRuns(
  { store }: Services,
  ids: readonly string[],
): Promise<FileContent> {
  const runs = await Promise.all(ids.map((id) => readReportedRun(store, id)));
  return { name: `${reportName(runs)}.html`, type: 'text/html', text: renderReport(runs) };
}

/** The same as the window's engine lays it out on paper. @throws KintsugiError ARGUMENT_INVALID without a window */
export async function reportRunsAsPdf(
  services: Services,
  ids: readonly string[],
): Promise<BinaryContent> {
  const { printPdf } = services.shell;
  if (printPdf === null) {
    throw new KintsugiError('ARGUMENT_INVALID', 'There is no window here to lay out pages.', {
      next: 'Print the report from the browser; its print dialog saves PDFs.',
      field: 'format',
    });
  }
  const { name, text } = await reportRuns(services, ids);
  const pdf = await printPdf(text);
  return {
    name: name.replace(/html$/, 'pdf'),
    type: 'application/pdf',
    base64: Buffer.from(pdf).toString('base64'),
  };
}

/** "first-repair" or "3-runs". */
function reportName(runs: readonly ReportedRun[]): string {
  const words = runs.length === 1 ? runs[0]!.name : `${runs.length} runs`;
  const plain = words.toLowerCase().match(/[a-z0-9]+/g) ?? ['run'];
  return `kintsugi-${plain.join('-').slice(0, 60)}`;
}

import { describeCompression, gridOf } from '../../shared/compression.ts';
import type { FileContent } from '../../shared/contract/common.ts';
import type { RunDetail } from '../../shared/contract/runs.ts';
import type { ArmResult } from '../../shared/results.ts';
import { findRun } from '../db/runs.ts';
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

/** The run as a page that needs nothing else, to read, print or send. */
export async function reportRun(services: Services, id: string): Promise<FileContent> {
  const run = await detail(services, await findRun(services.store.db, id));
  return { name: `${run.id}.html`, type: 'text/html', text: page(run) };
}

function page(run: RunDetail): string {
  const results = run.outcome?.results;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const rows = (results?.arms ?? []).map(
    ({ arm, mean, perplexity, extraParameters, bytesOnDisk }) =>
      `<tr><td>${escapeHtml(arm.label)}</td><td>${percent(mean.mean)}</td><td>${perplexity?.toFixed(2) ?? ''}</td>` +
      `<td>${extraParameters}</td><td>${(bytesOnDisk / 1e6).toFixed(2)} MB</td>` +
      `<td><code>${escapeHtml(arm.weightsHash.slice(0, 12))}</code></td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escapeHtml(run.name)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #8886;padding:.4rem;text-align:left}
pre{overflow:auto;padding:1rem;background:#8881}</style>
<h1>${escapeHtml(run.name)}</h1>
<p>${escapeHtml(results?.verdict ?? `This run is ${run.status}.`)}</p>
<table><thead><tr><th>Arm</th><th>Accuracy</th><th>Perplexity</th><th>Extra parameters</th><th>On disk</th>
<th>Weights</th></tr></thead><tbody>${rows.join('')}</tbody></table>
<h2>Recipe</h2><pre>${escapeHtml(JSON.stringify(run.recipe, null, 2))}</pre>
<p>Run ${escapeHtml(run.id)}, seed ${run.seed}, ${escapeHtml(new Date(run.createdAt).toISOString())}, made with Kintsugi.</p>
</html>
`;
}

const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

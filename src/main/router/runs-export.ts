import type { BinaryContent, FileContent } from '../../shared/contract/common.ts';
import type { RunDetail } from '../../shared/contract/runs.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { findRun } from '../db/runs.ts';
import { reportName, runsAsCsv } from '../report/export.ts';
import { renderReport } from '../report/report.ts';
import { readReportedRun } from '../report/reported-run.ts';
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
    : { name: 'kintsugi-runs.csv', type: 'text/csv', text: runsAsCsv(runs) };
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

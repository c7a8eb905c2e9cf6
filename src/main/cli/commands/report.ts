import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { KintsugiError } from '../../../shared/errors.ts';
import { reportName, runsAsCsv } from '../../report/export.ts';
import { printPage } from '../../report/print.ts';
import { renderReport } from '../../report/report.ts';
import { type ReportedRun, readReportedRun } from '../../report/reported-run.ts';
import type { AddAction } from '../action.ts';
import { type Context, type Outcome, withStore } from '../context.ts';
import { runInHarnessLayout } from '../harness-layout.ts';

interface ReportOptions {
  readonly html?: boolean;
  readonly pdf?: boolean;
  readonly csv?: boolean;
  readonly out?: string;
}

export function addReportCommand(program: Command, addAction: AddAction): void {
  const command = program
    .command('report <run...>')
    .description(
      'writes runs as a page that needs nothing else, as a table, or (--json) in the layout of lm-evaluation-harness',
    )
    .addOption(new Option('--html', 'a self-contained page with plots').conflicts(['pdf', 'csv']))
    .addOption(
      new Option('--pdf', 'the page on paper; needs a Chromium').conflicts(['html', 'csv']),
    )
    .addOption(new Option('--csv', 'a row per run and arm').conflicts(['html', 'pdf']))
    .option('--out <file>', 'file to write (default: named after the run, in this folder)');
  addAction<ReportOptions>(command, (options, context, ...ids) =>
    report(options, context, ids.flat()),
  );
}

async function report(
  options: ReportOptions,
  context: Context,
  ids: readonly string[],
): Promise<Outcome> {
  const format = (['html', 'pdf', 'csv'] as const).find((name) => options[name]);
  if (format === undefined && !context.json)
    throw new KintsugiError('ARGUMENT_INVALID', 'A report needs a form.', {
      next: 'Add --html, --pdf, --csv or --json.',
      field: '--html',
    });
  const runs = await withStore(context, (store) =>
    Promise.all(ids.map((id) => readReportedRun(store, id))),
  );
  if (format === undefined) {
    const document = { runs: runs.map(runInHarnessLayout) };
    if (options.out === undefined) return { document, text: '' };
    return written(options.out, `${JSON.stringify(document, null, 2)}\n`);
  }
  return written(options.out ?? `${reportName(runs)}.${format}`, await contentOf(format, runs));
}

async function contentOf(
  format: 'html' | 'pdf' | 'csv',
  runs: readonly ReportedRun[],
): Promise<string | Uint8Array> {
  if (format === 'csv') return runsAsCsv(runs);
  const page = renderReport(runs);
  return format === 'html' ? page : printPage(page);
}

async function written(file: string, content: string | Uint8Array): Promise<Outcome> {
  await writeFile(file, content).catch((cause: Error) => {
    throw new KintsugiError(
      'OUTPUT_UNWRITABLE',
      `The report cannot be written (${cause.message}).`,
      {
        next: 'Choose a file in a folder that is there and can be written to.',
        file,
        field: '--out',
        cause,
      },
    );
  });
  return { document: { file }, text: `Wrote ${file}.` };
}

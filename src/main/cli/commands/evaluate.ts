import { type Command, Option } from 'commander';
import type { Evaluation } from '../../compute/evaluate.ts';
import type { AddAction } from '../action.ts';
import type { Context, Outcome } from '../context.ts';
import { ensureSource } from '../download.ts';
import { formatTable } from '../format.ts';
import { harnessLayout } from '../harness-layout.ts';
import {
  type ArmOptions,
  addArmOptions,
  addEngineOptions,
  type EngineOptions,
  integer,
  invalidOption,
  list,
} from '../options.ts';
import { formatAccuracy } from '../results-table.ts';

interface EvaluateOptions extends ArmOptions, EngineOptions {
  readonly tasks?: readonly string[];
  readonly dataDir?: string;
  readonly text?: string;
  readonly window?: number;
  readonly limit: number;
}

const TASKS =
  'starter tasks, or all of them; benchmarks: arc_easy, arc_challenge, sciq, webqs, triviaqa, piqa, ' +
  'hellaswag, openbookqa, lambada_openai, winogrande, boolq, mmlu (or mmlu_SUBJECT), wikitext; ' +
  'files of questions by path';

export function addEvaluateCommand(program: Command, addAction: AddAction): void {
  const command = addArmOptions(
    program.command('evaluate').description('accuracy on tasks, or perplexity on a text'),
  )
    .option('--tasks <list>', TASKS, list('--tasks'))
    .option(
      '--data-dir <dir>',
      "holds the benchmarks' datasets as org/name, or the hub's cache (the default)",
    )
    .addOption(
      new Option(
        '--text <file>',
        'text, or a dataset: FOLDER or hub:org/name, with [:config][:split] behind ' +
          '(of the hub’s, the first file is downloaded if none is here)',
      ).conflicts('tasks'),
    )
    .option(
      '--window <n>',
      'with --text: windows of n tokens, nothing given, as papers on compression measure',
      integer('--window', 2, 1e7),
    )
    .option('--limit <n>', 'inputs per task, at most', integer('--limit', 1, 1e6), 1e6);
  addAction<EvaluateOptions>(addEngineOptions(command), evaluate);
}

async function evaluate(options: EvaluateOptions, context: Context): Promise<Outcome> {
  const { evaluateTasks, evaluateText } = await import('../../compute/evaluate.ts');
  const { tasks, text, window, limit, dataDir } = options;
  const { signal, progress } = context;
  if (text !== undefined) {
    await ensureSource(text, context);
    const measured = await evaluateText(options, options, { source: text, window }, signal);
    return { document: measured, text: `perplexity ${measured.perplexity.toFixed(3)}` };
  }
  if (tasks === undefined) throw invalidOption('--tasks', 'neither tasks nor a text are given');
  const names = tasks.length === 1 && tasks[0] === 'all' ? 'all' : tasks;
  const choice = { names, limit, dataDir } as const;
  const measured = await evaluateTasks(options, options, choice, {
    signal,
    onProgress: (done, total) => progress.update('evaluate', done / total),
  });
  const { tasks: accuracy, mean } = measured;
  return {
    document: { ...harnessLayout(measured), tasks: accuracy, mean },
    text: table(measured),
  };
}

/** Shares in %, perplexities as they are. */
function table({ evaluations, mean, wikitext }: Evaluation): string {
  const rows = evaluations.flatMap(({ name, metrics }) =>
    Object.entries(metrics).map(([metric, estimate], i) => [
      i === 0 ? name : '',
      metric,
      metric === 'perplexity'
        ? formatPerplexity(estimate.mean, estimate.standardError)
        : formatAccuracy(estimate),
      i === 0 ? String(estimate.count) : '',
    ]),
  );
  const last =
    mean === null ? [] : [['mean', 'accuracy', formatAccuracy(mean), String(mean.count)]];
  const { pages, ...perPage } = wikitext ?? { pages: 0 };
  const wiki = Object.entries(perPage).map(([metric, value], i) => [
    i === 0 ? 'wikitext' : '',
    metric,
    formatPerplexity(value, null),
    i === 0 ? String(pages) : '',
  ]);
  return formatTable([['task', 'metric', '% or perplexity', 'inputs'], ...rows, ...wiki, ...last]);
}

const formatPerplexity = (value: number, error: number | null): string =>
  `${value.toFixed(3)}${error === null ? '' : ` ±${error.toFixed(3)}`}`;

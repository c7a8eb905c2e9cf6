import { type Command, Option } from 'commander';
import type { AddAction } from '../action.ts';
import type { Context, Outcome } from '../context.ts';
import { formatTable } from '../format.ts';
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
  readonly text?: string;
  readonly limit: number;
}

export function addEvaluateCommand(program: Command, addAction: AddAction): void {
  const command = addArmOptions(
    program.command('evaluate').description('accuracy on starter tasks, or perplexity on a text'),
  )
    .option('--tasks <list>', 'starter tasks, or all', list('--tasks'))
    .addOption(new Option('--text <file>', 'UTF-8 text').conflicts('tasks'))
    .option('--limit <n>', 'inputs per task, at most', integer('--limit', 1, 1e6), 1e6);
  addAction<EvaluateOptions>(addEngineOptions(command), evaluate);
}

async function evaluate(options: EvaluateOptions, context: Context): Promise<Outcome> {
  const { evaluateTasks, evaluateText } = await import('../../compute/evaluate.ts');
  const { tasks, text, limit } = options;
  const { signal, progress } = context;
  if (text !== undefined) {
    const measured = await evaluateText(options, options, text, signal);
    return { document: measured, text: `perplexity ${measured.perplexity.toFixed(3)}` };
  }
  if (tasks === undefined) throw invalidOption('--tasks', 'neither tasks nor a text are given');
  const names = tasks.length === 1 && tasks[0] === 'all' ? undefined : tasks;
  const measured = await evaluateTasks(
    options,
    options,
    { names, limit },
    {
      signal,
      onProgress: (done, total) => progress.update('evaluate', done / total),
    },
  );
  const rows = Object.entries(measured.tasks).map(([name, estimate]) => [
    name,
    formatAccuracy(estimate),
    String(estimate.count),
  ]);
  const mean = ['mean', formatAccuracy(measured.mean), String(measured.mean.count)];
  return {
    document: measured,
    text: formatTable([['task', 'accuracy, %', 'inputs'], ...rows, mean]),
  };
}

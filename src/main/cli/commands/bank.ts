import { type Command, Option } from 'commander';
import type { PromptBits } from '../../../core/export/prompt-codes.ts';
import type { AddAction } from '../action.ts';
import type { Context, Outcome } from '../context.ts';
import { formatTable } from '../format.ts';
import {
  addEngineOptions,
  type EngineOptions,
  integer,
  invalidOption,
  list,
  MODEL_HELP,
} from '../options.ts';
import { formatAccuracy } from '../results-table.ts';

interface BankOptions {
  readonly bank: string;
  readonly out: string;
}

/** What a change costs is measured on some inputs under the bank's model. */
interface MeasuredOptions extends BankOptions, EngineOptions {
  readonly model: string;
  readonly tasks: readonly string[];
  readonly limit: number;
}

interface QuantizeOptions extends Omit<MeasuredOptions, 'model'> {
  readonly bits: '8' | '4';
  readonly model?: string;
}

interface SplitOptions extends BankOptions {
  readonly prompts: readonly string[];
}

interface RenameOptions extends BankOptions {
  readonly prompts: Readonly<Record<string, string>>;
}

interface PruneOptions extends MeasuredOptions {
  readonly keep: number;
  readonly data: string;
}

export function addBankCommand(program: Command, addAction: AddAction): void {
  const bank = program.command('bank').description('makes a bank of prompts from another');
  const made = (name: string, description: string) =>
    bank
      .command(name)
      .description(description)
      .requiredOption('--bank <dir>', 'bank folder')
      .requiredOption('--out <dir>', 'new or empty folder');
  const measured = (command: Command) =>
    addEngineOptions(
      command
        .option('--tasks <list>', 'what the cost is measured on', list('--tasks'), ['all'])
        .option('--limit <n>', 'inputs per task, at most', integer('--limit', 1, 1e6), 100),
    );
  const rounded = made('quantize', 'rounds every virtual token to whole numbers and a scale')
    .addOption(new Option('--bits <n>').choices(['8', '4']).makeOptionMandatory())
    .option('--model <name>', `${MODEL_HELP}, to measure what it costs on`);
  addAction<QuantizeOptions>(measured(rounded), quantize);
  addAction<SplitOptions>(
    made('split', 'takes some of its prompts').requiredOption(
      '--prompts <list>',
      'their names',
      list('--prompts'),
    ),
    split,
  );
  addAction<RenameOptions>(
    made('rename', 'gives some of its prompts other names').requiredOption(
      '--prompts <list>',
      'OLD=NEW for each',
      renames,
    ),
    rename,
  );
  const prune = made('prune', 'keeps the virtual tokens that matter, and measures what that costs')
    .requiredOption('--model <name>', MODEL_HELP)
    .requiredOption('--keep <n>', 'tokens of every prompt', integer('--keep', 1, 4096))
    .option('--data <source>', 'what decides which tokens matter, as "tune" takes it', 'task:all');
  addAction<PruneOptions>(measured(prune), pruneTokens);
}

async function quantize(
  { model, ...options }: QuantizeOptions,
  context: Context,
): Promise<Outcome> {
  const { quantizeBank } = await import('../../compute/bank-library.ts');
  const { bank, bits, out } = options;
  await quantizeBank(bank, Number(bits) as PromptBits, out);
  if (model === undefined) return { document: { out }, text: `written to ${out}` };
  const { accuracy, text } = await costOf({ ...options, model }, context);
  return { document: { out, accuracy }, text };
}

/** Accuracy under the bank and under the one that was made of it. */
async function costOf(options: MeasuredOptions, { signal, progress }: Context) {
  const { evaluateTasks } = await import('../../compute/evaluate.ts');
  const { model, tasks, limit, bank, out } = options;
  const names = tasks.length === 1 && tasks[0] === 'all' ? 'all' : tasks;
  const accuracy = async (folder: string, what: string) => {
    const arm = { model, bank: folder };
    const onProgress = (done: number, total: number) => progress.update(what, done / total);
    return (await evaluateTasks(arm, options, { names, limit }, { signal, onProgress })).mean!;
  };
  const before = await accuracy(bank, 'evaluate before');
  const after = await accuracy(out, 'evaluate after');
  return {
    accuracy: { before, after },
    text: `accuracy ${formatAccuracy(before)} before, ${formatAccuracy(after)} after`,
  };
}

async function split({ bank, prompts, out }: SplitOptions): Promise<Outcome> {
  const { splitBank } = await import('../../compute/bank-library.ts');
  await splitBank(bank, prompts, out);
  return { document: { out }, text: `written to ${out}` };
}

/** `start-1=Cities,start-2=People` */
function renames(text: string): Record<string, string> {
  const pairs = list('--prompts')(text).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw invalidOption('--prompts', `"${pair}" is not OLD=NEW`);
    return [pair.slice(0, at).trim(), pair.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

async function rename({ bank, prompts, out }: RenameOptions): Promise<Outcome> {
  const { renamePrompts } = await import('../../compute/bank-library.ts');
  await renamePrompts(bank, prompts, out);
  return { document: { out }, text: `written to ${out}` };
}

async function pruneTokens(options: PruneOptions, context: Context): Promise<Outcome> {
  const { pruneBank } = await import('../../compute/prune-bank.ts');
  const { out } = options;
  const prompts = await pruneBank(options, options, (share) =>
    context.progress.update('prune', share),
  );
  const { accuracy, text } = await costOf(options, context);
  const rows = prompts.map(({ name, before, after, kept }) => [
    name,
    `${before} → ${after}`,
    `${(100 * kept).toFixed(0)}%`,
  ]);
  return {
    document: { out, prompts, accuracy },
    text: [formatTable([['prompt', 'tokens', 'of its importance'], ...rows]), text].join('\n'),
  };
}

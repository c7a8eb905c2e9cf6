import { type Command, Option } from 'commander';
import { PRESETS } from '../../../shared/presets.ts';
import { SWEPT_WORDS, type SweptTuning, sweptFor } from '../../../shared/swept.ts';
import type { TuneKind } from '../../compute/tune-model.ts';
import type { AddAction } from '../action.ts';
import type { Context, Outcome } from '../context.ts';
import { ensureSource } from '../download.ts';
import { formatCount } from '../format.ts';
import { parametersOf } from '../model-size.ts';
import {
  addEngineOptions,
  decimal,
  type EngineOptions,
  integer,
  list,
  MODEL_HELP,
} from '../options.ts';

const defaults = PRESETS.quick.tuning;

/** How a bank differs by default that is tuned in one pass with an adapter. */
const BESIDE_LORA = 'family';
const KINDS = ['prompt', 'prefix', 'bank', 'lora', 'bank+lora'] as const;
const SPLITS = ['family', 'clusters', 'length', 'seeds'] as const;

interface TuneOptions extends EngineOptions {
  readonly model: string;
  readonly kind: (typeof KINDS)[number];
  readonly data: string;
  readonly dataDir?: string;
  readonly tokens: number;
  readonly init: string;
  readonly by?: (typeof SPLITS)[number];
  readonly prompts: number | 'auto';
  readonly warmStart: number;
  readonly joint: boolean;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly rslora: boolean;
  readonly targets: readonly string[];
  readonly steps: number;
  readonly batch: number;
  readonly learningRate?: number;
  readonly warmup?: number;
  readonly seed: number;
  readonly out: string;
}

export function addTuneCommand(program: Command, addAction: AddAction): void {
  const { lora, bank } = defaults;
  const promptCount = (text: string) =>
    text === 'auto' ? 'auto' : integer('--prompts', 1, 256)(text);
  const command = program
    .command('tune')
    .description(
      'tunes a soft prompt (written as a bank of one), a bank, a prefix or a LoRA adapter',
    )
    .requiredOption('--model <name>', MODEL_HELP)
    .addOption(new Option('--kind <kind>').choices(KINDS).default('prompt'))
    .requiredOption(
      '--data <source>',
      'a .jsonl, .csv, .parquet or .txt; a dataset: FOLDER or hub:org/name, with [:config][:split] ' +
        'behind (its first file is downloaded if none is here); or task:NAME[,NAME]: the training half of starter tasks and benchmarks',
    )
    .option('--data-dir <dir>', "holds the benchmarks' datasets (default: the hub's cache)")
    .option('--tokens <n>', 'virtual tokens', integer('--tokens', 1, 4096), defaults.tokens)
    .option(
      '--init <from>',
      'vocabulary, text:…, or bank:DIR[#PROMPT] to start from',
      defaults.init,
    )
    .addOption(
      new Option(
        '--by <what>',
        `how the prompts of a bank differ (default: ${bank.by}, or ${BESIDE_LORA} with an adapter)`,
      ).choices(SPLITS),
    )
    .option('--prompts <n>', 'of a bank; auto finds the clusters', promptCount, bank.count)
    .option(
      '--warm-start <n>',
      'steps of one prompt on everything, from which those of a bank go on',
      integer('--warm-start', 0, 1e7),
      0,
    )
    .option('--joint', 'tune the prompts of a bank in one pass', false)
    .option('--rank <n>', 'of LoRA', integer('--rank', 1, 1024), lora.rank)
    .option('--alpha <x>', 'of LoRA', decimal('--alpha', 1e-6, 4096), lora.alpha)
    .option('--dropout <x>', "of LoRA's inputs", decimal('--dropout', 0, 0.99), lora.dropout)
    .option('--rslora', 'scale LoRA by alpha / √rank', lora.rankStabilized)
    .addOption(
      new Option('--targets <list>', 'modules that LoRA adapts, or all-linear')
        .argParser(list('--targets'))
        .default(lora.targets, "the family's usual, as in PEFT"),
    )
    .option(
      '--steps <n>',
      'optimiser steps, per prompt',
      integer('--steps', 1, 1e7),
      defaults.steps,
    )
    .option('--batch <n>', 'inputs per step', integer('--batch', 1, 65_536), defaults.batch)
    .option(
      '--learning-rate <x>',
      `at its peak (default: by kind and size of the model, ${SWEPT_WORDS})`,
      decimal('--learning-rate', 1e-9, 10),
    )
    .option('--warmup <n>', 'steps of rise (default: a tenth)', integer('--warmup', 0, 1e7))
    .option('--seed <n>', 'of data order and start', integer('--seed', 0, 2 ** 31 - 1), 0)
    .requiredOption('--out <dir>', 'new or empty folder');
  addAction<TuneOptions>(addEngineOptions(command), tune);
}

async function tune(options: TuneOptions, context: Context): Promise<Outcome> {
  const { signal, progress } = context;
  const { tuneModel } = await import('../../compute/tune-model.ts');
  const { model, data, dataDir, out, kind, steps, batch, seed } = options;
  const usual = usualRate(kind, sweptFor(await parametersOf(model)));
  await ensureSource(data, context);
  const request = {
    model,
    data,
    dataDir,
    out,
    what: kindOf(options),
    options: {
      steps,
      batch,
      seed,
      learningRate: options.learningRate ?? usual,
      warmup: options.warmup ?? Math.ceil(steps / 10),
      clip: defaults.clip,
      weightDecay: defaults.weightDecay,
    },
  };
  const tuned = await tuneModel(request, options, {
    signal,
    onProgress: ({ step, secondsLeft }) => progress.update('tune', step / steps, secondsLeft),
    onNotice: (message) => progress.line(message),
  });
  const best =
    tuned.best === null
      ? 'The last step was kept.'
      : `Step ${tuned.best.step} was kept, validation loss ${tuned.best.validation.toFixed(4)}.`;
  return {
    document: { out, kind, ...tuned },
    text: `${best}\n${formatCount(tuned.parameters)} parameters written to ${out}`,
  };
}

/** A prefix starts as good as its prompt and an adapter at nothing: both go in smaller steps. */
function usualRate(kind: TuneOptions['kind'], swept: SweptTuning): number {
  switch (kind) {
    case 'prompt':
    case 'bank':
      return swept.prompt;
    case 'prefix':
      return swept.prefix;
    case 'lora':
    case 'bank+lora':
      return swept.lora;
  }
}

function kindOf(options: TuneOptions): TuneKind {
  const { kind, tokens, init, prompts: count, warmStart, joint } = options;
  const { by = kind === 'bank+lora' ? BESIDE_LORA : defaults.bank.by } = options;
  const { rank, alpha, dropout, rslora: rankStabilized, targets } = options;
  const lora = { rank, alpha, dropout, rankStabilized, targets };
  switch (kind) {
    case 'prompt':
    case 'prefix':
      return { kind, tokens, init };
    case 'lora':
      return { kind, ...lora };
    case 'bank':
      return { kind, tokens, init, bank: { by, count, warmStart }, joint, lora: null };
    case 'bank+lora':
      return { kind: 'bank', tokens, init, bank: { by, count, warmStart }, joint: true, lora };
  }
}

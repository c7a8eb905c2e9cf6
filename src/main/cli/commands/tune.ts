import { type Command, Option } from 'commander';
import { PRESETS } from '../../../shared/presets.ts';
import type { TuneKind } from '../../compute/tune-model.ts';
import type { AddAction } from '../action.ts';
import type { Context, Outcome } from '../context.ts';
import { formatCount } from '../format.ts';
import { addEngineOptions, decimal, type EngineOptions, integer, list } from '../options.ts';

const defaults = PRESETS.quick.tuning;

interface TuneOptions extends EngineOptions {
  readonly model: string;
  readonly kind: 'prompt' | 'lora';
  readonly data: string;
  readonly tokens: number;
  readonly init: string;
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly string[];
  readonly steps: number;
  readonly batch: number;
  readonly learningRate?: number;
  readonly warmup?: number;
  readonly seed: number;
  readonly out: string;
}

export function addTuneCommand(program: Command, addAction: AddAction): void {
  const { lora } = defaults;
  const command = program
    .command('tune')
    .description('tunes a soft prompt (written as a bank of one) or a LoRA adapter')
    .requiredOption('--model <dir>', 'model folder, or starter')
    .addOption(new Option('--kind <kind>').choices(['prompt', 'lora']).default('prompt'))
    .requiredOption('--data <file>', 'a .jsonl, .csv or .txt, or starter:TASK[,TASK]')
    .option('--tokens <n>', 'virtual tokens', integer('--tokens', 1, 4096), defaults.tokens)
    .option('--init <from>', 'vocabulary, or text:… to start from', defaults.init)
    .option('--rank <n>', 'of LoRA', integer('--rank', 1, 1024), lora.rank)
    .option('--alpha <x>', 'of LoRA', decimal('--alpha', 1e-6, 4096), lora.alpha)
    .option('--targets <list>', 'modules that LoRA adapts', list('--targets'), lora.targets)
    .option('--steps <n>', 'optimiser steps', integer('--steps', 1, 1e7), defaults.steps)
    .option('--batch <n>', 'inputs per step', integer('--batch', 1, 65_536), defaults.batch)
    .option('--learning-rate <x>', 'at its peak', decimal('--learning-rate', 1e-9, 10))
    .option('--warmup <n>', 'steps of rise (default: a tenth)', integer('--warmup', 0, 1e7))
    .option('--seed <n>', 'of data order and start', integer('--seed', 0, 2 ** 31 - 1), 0)
    .requiredOption('--out <dir>', 'new or empty folder');
  addAction<TuneOptions>(addEngineOptions(command), tune);
}

async function tune(options: TuneOptions, { signal, progress }: Context): Promise<Outcome> {
  const { tuneModel } = await import('../../compute/tune-model.ts');
  const { model, data, out, kind, steps, batch, seed } = options;
  const usual = kind === 'lora' ? defaults.lora.learningRate : defaults.learningRate;
  const request = {
    model,
    data,
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

function kindOf({ kind, tokens, init, rank, alpha, targets }: TuneOptions): TuneKind {
  return kind === 'prompt' ? { kind, tokens, init } : { kind, rank, alpha, targets };
}

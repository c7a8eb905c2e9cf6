import { type Command, Option } from 'commander';
import { PRESETS } from '../../../shared/presets.ts';
import { BITS, type Recipe } from '../../../shared/recipe.ts';
import type { AddAction } from '../action.ts';
import type { Context, Outcome } from '../context.ts';
import { formatBytes, formatTable } from '../format.ts';
import { addEngineOptions, decimal, type EngineOptions, integer } from '../options.ts';

const { calibration } = PRESETS.quick.compression;

interface CompressOptions extends EngineOptions {
  readonly model: string;
  readonly method: 'gptq' | 'rtn';
  readonly bits: string;
  readonly groupSize: number;
  readonly out: string;
  readonly symmetric: boolean;
  readonly mse: boolean;
  readonly actOrder: boolean;
  readonly staticGroups: boolean;
  readonly damping: number;
  readonly calibration: string;
  readonly samples: number;
  readonly length: number;
  readonly seed: number;
}

export function addCompressCommand(program: Command, addAction: AddAction): void {
  const command = program
    .command('compress')
    .description('quantises a model into a GPTQ folder')
    .option('--model <dir>', 'model folder, or starter', 'starter')
    .addOption(new Option('--method <name>').choices(['gptq', 'rtn']).default('gptq'))
    .addOption(new Option('--bits <n>').choices(BITS.map(String)).default('4'))
    .option(
      '--group-size <n>',
      'columns that share a scale, -1 for all',
      integer('--group-size', -1, 65_536),
      64,
    )
    .requiredOption('--out <dir>', 'new or empty folder')
    .option('--symmetric', 'zero point in the middle of the codes', false)
    .option('--mse', 'shrink each range to the one with the least error', false)
    .option('--act-order', 'columns with the most energy first', false)
    .option('--static-groups', 'fit every group before any column moves', false)
    .option('--damping <x>', 'share of the mean diagonal', decimal('--damping', 0, 1), 0.01)
    .option('--calibration <file>', 'text to calibrate on, or starter', calibration.source)
    .option(
      '--samples <n>',
      'calibration samples',
      integer('--samples', 1, 1e5),
      calibration.samples,
    )
    .option('--length <n>', 'tokens per sample', integer('--length', 1, 1e6), calibration.length)
    .option('--seed <n>', 'seed of the calibration samples', integer('--seed', 0, 2 ** 31 - 1), 0);
  addAction<CompressOptions>(addEngineOptions(command), compress);
}

async function compress(options: CompressOptions, { signal, progress }: Context): Promise<Outcome> {
  const { compressModel } = await import('../../compute/compress-model.ts');
  const report = await compressModel(options.model, options, compressionOf(options), options, {
    signal,
    onProgress: ({ done, total, secondsLeft }) =>
      progress.update('compress', done / total, secondsLeft),
  });
  const rows = report.layers.map(({ module, bits, error, seconds }) => [
    module,
    String(bits),
    error.toExponential(2),
    seconds.toFixed(2),
  ]);
  const { disk, memory } = report;
  const text = [
    formatTable([['layer', 'bits', 'error', 'seconds'], ...rows]),
    '',
    `on disk    ${formatBytes(disk.original)} to ${formatBytes(disk.compressed)}`,
    `in memory  ${formatBytes(memory.original)} to ${formatBytes(memory.compressed)}`,
    `written to ${options.out}`,
  ];
  return { document: { out: options.out, ...report }, text: text.join('\n') };
}

function compressionOf(options: CompressOptions): Recipe['compression'] {
  const { method, groupSize, symmetric, mse, actOrder, staticGroups, damping } = options;
  return {
    method,
    bits: BITS.find((bits) => String(bits) === options.bits)!,
    groupSize,
    symmetric,
    mse,
    actOrder,
    staticGroups,
    damping,
    calibration: {
      source: options.calibration,
      samples: options.samples,
      length: options.length,
    },
  };
}

import type { Command } from 'commander';
import { describeCompression } from '../../../shared/compression.ts';
import { PRESETS } from '../../../shared/presets.ts';
import type { AddAction } from '../action.ts';
import { type CompressionFlags, compressionFlags, compressionOf } from '../compression-options.ts';
import type { Context, Outcome } from '../context.ts';
import { formatBytes, formatTable } from '../format.ts';
import { addEngineOptions, type EngineOptions, integer, MODEL_HELP } from '../options.ts';

const { calibration } = PRESETS.quick.compression;

interface CompressOptions extends EngineOptions, CompressionFlags {
  readonly model: string;
  readonly out: string;
  readonly calibration: string;
  readonly samples: number;
  readonly length: number;
  readonly seed: number;
}

export function addCompressCommand(program: Command, addAction: AddAction): void {
  const command = program
    .command('compress')
    .description('compresses a model into a new folder')
    .option('--model <name>', MODEL_HELP, 'starter')
    .requiredOption('--out <dir>', 'new or empty folder')
    .option('--calibration <file>', 'text to calibrate on, or starter', calibration.source)
    .option(
      '--samples <n>',
      'calibration samples',
      integer('--samples', 1, 1e5),
      calibration.samples,
    )
    .option('--length <n>', 'tokens per sample', integer('--length', 1, 1e6), calibration.length)
    .option('--seed <n>', 'seed of the calibration samples', integer('--seed', 0, 2 ** 31 - 1), 0);
  for (const flag of compressionFlags) command.addOption(flag);
  addAction<CompressOptions>(addEngineOptions(command), compress);
}

async function compress(options: CompressOptions, { signal, progress }: Context): Promise<Outcome> {
  const { compressModel } = await import('../../compute/compress-model.ts');
  const { calibration: source, samples, length } = options;
  const compression = compressionOf(options, { source, samples, length });
  const report = await compressModel(options.model, options, compression, options, {
    signal,
    onNotice: (message) => progress.line(`note  ${message}`),
    onProgress: ({ share, secondsLeft, block, blocks }) =>
      progress.update(`compress block ${block} of ${blocks}`, share, secondsLeft),
  });
  const rows = report.layers.map(({ module, sparsity, error, seconds }) => [
    module,
    `${(100 * sparsity).toFixed(1)}%`,
    error.toExponential(2),
    seconds.toFixed(2),
  ]);
  const { disk, memory } = report;
  const text = [
    describeCompression(compression),
    formatTable([['layer', 'zeros', 'error', 'seconds'], ...rows]),
    '',
    `on disk    ${formatBytes(disk.original)} to ${formatBytes(disk.compressed)}`,
    `in memory  ${formatBytes(memory.original)} to ${formatBytes(memory.compressed)}`,
    `written to ${options.out}`,
  ];
  return { document: { out: options.out, ...report }, text: text.join('\n') };
}

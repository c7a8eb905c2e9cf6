import type { Command } from 'commander';
import type { SizeEstimate } from '../../../core/compress/estimate.ts';
import { describeCompression } from '../../../shared/compression.ts';
import { PRESETS } from '../../../shared/presets.ts';
import type { CompressionEstimate } from '../../compute/compress-model.ts';
import type { AddAction } from '../action.ts';
import { type CompressionFlags, compressionFlags, compressionOf } from '../compression-options.ts';
import type { Context, Outcome } from '../context.ts';
import { ensureSource } from '../download.ts';
import { formatBytes, formatSeconds, formatTable } from '../format.ts';
import { addEngineOptions, type EngineOptions, integer, MODEL_HELP } from '../options.ts';

const { calibration } = PRESETS.quick.compression;

interface CompressOptions extends EngineOptions, CompressionFlags {
  readonly model: string;
  readonly out: string;
  readonly calibration: string;
  readonly samples: number;
  readonly length: number;
  readonly seed: number;
  readonly dryRun: boolean;
}

export function addCompressCommand(program: Command, addAction: AddAction): void {
  const command = program
    .command('compress')
    .description('compresses a model into a new folder')
    .option('--model <name>', MODEL_HELP, 'starter')
    .requiredOption('--out <dir>', 'new or empty folder')
    .option(
      '--calibration <source>',
      'what to calibrate on: starter; a .txt, .jsonl, .csv or .parquet; or a dataset: FOLDER or ' +
        'hub:org/name, with [:config][:split] behind (its first file is downloaded if none is here)',
      calibration.source,
    )
    .option(
      '--samples <n>',
      'calibration samples',
      integer('--samples', 1, 1e5),
      calibration.samples,
    )
    .option('--length <n>', 'tokens per sample', integer('--length', 1, 1e6), calibration.length)
    .option('--seed <n>', 'seed of the calibration samples', integer('--seed', 0, 2 ** 31 - 1), 0)
    .option('--dry-run', 'check everything, estimate memory, disk and time, and stop', false);
  for (const flag of compressionFlags) command.addOption(flag);
  addAction<CompressOptions>(addEngineOptions(command), compress);
}

async function compress(options: CompressOptions, context: Context): Promise<Outcome> {
  const { signal, progress } = context;
  const { compressModel, estimateModel } = await import('../../compute/compress-model.ts');
  const { calibration: source, samples, length } = options;
  const compression = compressionOf(options, { source, samples, length });
  await ensureSource(source, context);
  if (options.dryRun)
    return describeEstimate(await estimateModel(options.model, options, compression, options));
  const report = await compressModel(options.model, options, compression, options, {
    signal,
    onEstimate: ({ memory, disk, seconds }) =>
      progress.line(
        `about ${formatSeconds(seconds)}, ${formatBytes(memory.total)} of memory, ${formatBytes(disk.total)} on disk`,
      ),
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

function describeEstimate(estimate: CompressionEstimate): Outcome {
  const { memory, freeMemory, disk, freeDisk, seconds } = estimate;
  const list = ({ items }: SizeEstimate) =>
    items.map(({ name, bytes }) => [`  ${name}`, formatBytes(bytes)]);
  const rows = [
    [`memory, of ${formatBytes(freeMemory)} free`, formatBytes(memory.total)],
    ...list(memory),
    [`disk, of ${formatBytes(freeDisk)} free`, formatBytes(disk.total)],
    ...list(disk),
    ['time, at the speed measured now', formatSeconds(seconds)],
  ];
  return { document: estimate, text: formatTable(rows) };
}

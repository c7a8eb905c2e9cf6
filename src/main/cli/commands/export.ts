import { type Command, Option } from 'commander';
import type { ModelFormat } from '../../../core/compress/convert.ts';
import type { AddAction } from '../action.ts';
import type { Context, Outcome } from '../context.ts';
import { formatBytes } from '../format.ts';

const FORMATS: readonly ModelFormat[] = ['gptq', 'gptq_v2', 'dense'];

interface ExportOptions {
  readonly model: string;
  readonly format: ModelFormat;
  readonly out: string;
}

export function addExportCommand(program: Command, addAction: AddAction): void {
  const command = program
    .command('export')
    .description('writes a quantised model for other programs')
    .requiredOption('--model <dir>', 'quantised model folder')
    .addOption(
      new Option('--format <name>', 'GPTQ (symmetric only), GPTQ v2, or float16 weights')
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'new or empty folder');
  addAction<ExportOptions>(command, exportTo);
}

async function exportTo(
  { model, format, out }: ExportOptions,
  { signal, progress }: Context,
): Promise<Outcome> {
  const { exportModel } = await import('../../compute/export-model.ts');
  const conversion = await exportModel(model, format, out, {
    signal,
    onProgress: (done, total) => progress.update('export', done / total),
  });
  const { bytes, modules } = conversion;
  return {
    document: { out, ...conversion },
    text: `${modules} quantised layers, ${formatBytes(bytes)}, written to ${out}`,
  };
}

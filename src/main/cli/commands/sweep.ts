import type { Command } from 'commander';
import type { SweepMatrix } from '../../../shared/contract/sweeps.ts';
import { KintsugiError } from '../../../shared/errors.ts';
import { parseSweep, type SweepRun } from '../../../shared/sweep.ts';
import type { Store } from '../../db/open.ts';
import { sweepId, sweepMatrix } from '../../sweeps.ts';
import type { AddAction } from '../action.ts';
import { type Context, type Outcome, withStore } from '../context.ts';
import { toKintsugiError } from '../errors.ts';
import { formatPercent, formatTable } from '../format.ts';
import { formatAccuracy } from '../results-table.ts';
import { reportRun } from '../run-progress.ts';
import { ensureInputs, readJson } from './repair.ts';

interface SweepCommandOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

export function addSweepCommand(program: Command, addAction: AddAction): void {
  const command = program
    .command('sweep <recipe>')
    .description(
      'works through every combination that a sweep’s file asks for, and downloads the models and ' +
        'hub: datasets that it names; the same file again goes on',
    )
    .option('--dry-run', 'list the runs and what is known of them, and stop')
    .option('--force', 'start even where the memory estimate says that it will not fit');
  addAction<SweepCommandOptions>(command, (options, context, file) =>
    sweepFrom(file!, options, context),
  );
}

async function sweepFrom(
  file: string,
  { dryRun = false, force = false }: SweepCommandOptions,
  context: Context,
): Promise<Outcome> {
  const { sweep, runs } = parseSweep(await readJson(file), file);
  const { progress } = context;
  return withStore(context, async (store) => {
    if (dryRun) return outcome(store, sweepId(sweep, runs), runs);
    for (const { recipe } of runs) await ensureInputs(recipe, context);
    const { runSweep } = await import('../../compute/sweep.ts');
    const failed = await runSweep(
      store,
      { sweep, runs, home: context.home },
      {
        ...reportRun(context),
        force,
        onRun: ({ id }, label, position) =>
          progress.line(`run ${position + 1} of ${runs.length}: ${label} (${id})`),
        onFailure: (label, error) =>
          progress.line(`failed  ${label}: ${toKintsugiError(error).message}`),
      },
    );
    const done = await outcome(store, sweepId(sweep, runs), runs);
    if (failed === 0) return done;
    process.stderr.write(`${done.text}\n`);
    throw new KintsugiError('RUN_STATUS', `${failed} of ${runs.length} runs failed.`, {
      next: 'See "kintsugi runs list" for why; the same command tries them again.',
    });
  });
}

async function outcome(store: Store, id: string, runs: readonly SweepRun[]): Promise<Outcome> {
  const matrix = await sweepMatrix(store, id, runs);
  return { document: { id, ...matrix }, text: formatMatrix(matrix) };
}

/** A row per combination; of each arm the accuracy, and of repairs the recovery with its interval. */
function formatMatrix({ arms, rows }: SweepMatrix): string {
  const table = rows.map(({ label, status, cells }) => [
    label,
    status ?? 'not made',
    ...arms.map(({ id }) => {
      const cell = cells[id];
      if (cell === undefined) return '–';
      const { recovery } = cell;
      if (recovery?.kind !== 'recovered') return formatAccuracy(cell.mean);
      const { low, high } = recovery.interval;
      const interval = `${formatPercent(low)} … ${formatPercent(high)}`;
      return `${formatAccuracy(cell.mean)}, ${formatPercent(recovery.share)} (${interval})`;
    }),
  ]);
  const head = ['accuracy, % and recovery', 'status', ...arms.map(({ label }) => label)];
  return formatTable([head, ...table]);
}

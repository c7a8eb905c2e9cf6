import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { KintsugiError } from '../../../shared/errors.ts';
import type { Store } from '../../db/open.ts';
import { deleteRun, findRun, listRuns, type Run } from '../../db/runs.ts';
import type { AddAction } from '../action.ts';
import { type Context, type Outcome, withStore } from '../context.ts';
import { formatTable, formatTime } from '../format.ts';
import { reportRun } from '../run-progress.ts';
import { show } from '../show-run.ts';

export function addRunsCommand(program: Command, addAction: AddAction): void {
  const runs = program.command('runs').description('lists, shows, resumes and deletes stored runs');
  addAction(
    runs.command('list', { isDefault: true }).description('all runs, newest first'),
    (_, context) => withStore(context, list),
  );
  addAction(
    runs.command('show <id>').description('one run: recipe, stages and results'),
    (_, context, id) => withStore(context, (store) => show(store, id!)),
  );
  addAction<{ readonly force?: boolean }>(
    runs
      .command('resume [id]')
      .description('continues a run (by default the newest unfinished)')
      .option('--force', 'go on even where the memory estimate says that it will not fit'),
    ({ force = false }, context, id) =>
      withStore(context, (store) => resume(store, context, force, id)),
  );
  addAction(
    runs.command('delete <id>').description('removes a run, its folder and its results'),
    (_, context, id) => withStore(context, (store) => remove(store, id!)),
  );
}

async function list({ db }: Store): Promise<Outcome> {
  const runs = await listRuns(db);
  if (runs.length === 0) return { document: runs, text: 'There are no runs yet.' };
  const rows = runs.map((run) => [
    run.id,
    run.name,
    run.status,
    String(run.seed),
    formatTime(run.createdAt),
    run.directory,
  ]);
  return {
    document: runs,
    text: formatTable([['run', 'name', 'status', 'seed', 'created', 'folder'], ...rows]),
  };
}

async function resume(
  store: Store,
  context: Context,
  force: boolean,
  id: string | undefined,
): Promise<Outcome> {
  const run = id === undefined ? await newestUnfinished(store) : await findRun(store.db, id);
  const { runRepair } = await import('../../compute/repair.ts');
  await runRepair(store, run, { ...reportRun(context), force });
  return show(store, run.id);
}

async function newestUnfinished({ db }: Store): Promise<Run> {
  const runs = await listRuns(db);
  const found = runs.find(({ status }) => status !== 'done' && status !== 'running');
  if (found !== undefined) return found;
  throw new KintsugiError('RUN_NOT_FOUND', 'There is no unfinished run.', {
    next: 'Start one with "kintsugi repair".',
  });
}

async function remove({ db }: Store, id: string): Promise<Outcome> {
  const run = await findRun(db, id);
  if (run.status === 'running') {
    throw new KintsugiError('ARGUMENT_INVALID', `Run ${run.id} is being worked on.`, {
      next: 'Stop it with Ctrl-C where it runs, then delete it.',
    });
  }
  await deleteRun(db, run.id);
  await rm(run.directory, { recursive: true, force: true });
  return { document: { deleted: run.id }, text: `Deleted run ${run.id} and its folder.` };
}

import { readBanks } from '../db/banks.ts';
import type { Store } from '../db/open.ts';
import { readResults } from '../db/results.ts';
import { findRun } from '../db/runs.ts';
import { listStages } from '../db/stages.ts';
import { formatAnalysis } from './analysis-table.ts';
import type { Outcome } from './context.ts';
import { formatSeconds, formatTable, formatTime } from './format.ts';
import { formatResults } from './results-table.ts';

/** The whole of a stored run, in both forms. */
export async function show({ db }: Store, id: string): Promise<Outcome> {
  const run = await findRun(db, id);
  const stages = await listStages(db, run.id);
  const banks = await readBanks(db, run.id);
  const stored = await readResults(db, run.id);
  const rows = stages.map((stage) => [
    stage.name,
    stage.status,
    stage.started_at === null || stage.finished_at === null
      ? ''
      : formatSeconds((stage.finished_at - stage.started_at) / 1000),
  ]);
  const parts = [
    `run ${run.id}${run.name && `, “${run.name}”`}: ${run.status}, seed ${run.seed}, created ${formatTime(run.createdAt)}`,
    `folder ${run.directory}`,
    ...(run.error === null
      ? []
      : [`${run.error.code}: ${run.error.message}\n  next: ${run.error.next}`]),
    '',
    formatTable(rows),
    ...banks.map(
      ({ seed, directory, prompts }) =>
        `bank of seed ${seed}: ${prompts.map(({ name }) => name).join(', ')} (${directory})`,
    ),
    ...(stored === undefined ? [] : ['', formatResults(stored.results, stored.timings)]),
    ...(stored?.results.analysis?.displaced
      ? ['', formatAnalysis(stored.results.analysis, stored.results)]
      : []),
  ];
  return { document: { ...run, stages, banks, ...stored }, text: parts.join('\n') };
}

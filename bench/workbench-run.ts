import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readResults } from '../src/main/db/results.ts';
import { findRun } from '../src/main/db/runs.ts';
import { forkCompute } from '../src/main/jobs/node-process.ts';
import { BROWSER_SHELL } from '../src/main/router/services.ts';
import { openWorkbench } from '../src/main/workbench.ts';
import { PRESETS } from '../src/shared/presets.ts';
import type { Row } from './screens.ts';

/** The wizard's default path, from the click to the verdict, with its longest stages. */
export async function workbenchRun(): Promise<Row[]> {
  const home = await mkdtemp(join(tmpdir(), 'kintsugi-bench-'));
  const workbench = await openWorkbench({ home, shell: BROWSER_SHELL, startCompute: forkCompute });
  const { jobs, store } = workbench.services;
  const start = performance.now();
  const job = { recipe: PRESETS.quick, name: 'bench', force: false, estimate: null };
  const { id } = await jobs.add(job);
  await new Promise<void>((ended) => {
    jobs.onChange(async () => {
      const { status } = await findRun(store.db, id);
      if (status === 'done' || status === 'failed') ended();
    });
  });
  const minutes = (performance.now() - start) / 60_000;
  const stored = await readResults(store.db, id);
  await workbench.close();
  await rm(home, { recursive: true });
  if (stored === undefined) throw new Error('the run did not come to its results');
  const stages = Object.entries(stored.timings.stageSeconds)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([name, seconds]) => `${name} ${seconds.toFixed(0)} s`);
  return [
    {
      what: 'the wizard’s default path, click to verdict',
      measured: `${minutes.toFixed(1)} minutes (${stages.join(', ')})`,
      target: '≤ 3',
    },
  ];
}

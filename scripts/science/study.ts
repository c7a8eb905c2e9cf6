/**
 * `npm run study [-- --report]`: the paper's main comparison on the starter, meant to stay under an
 * hour on two cores. Writes docs/study.md and its figures from the runs in .cache/study; `--report`
 * only writes.
 */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openStore } from '../../src/main/db/open.ts';
import { databasePath } from '../../src/main/home.ts';
import { writeStudy } from './study-report.ts';
import { findStudyRun, PLANS, studyRun } from './study-runs.ts';

const home = resolve('.cache/study');
await mkdir(home, { recursive: true });
const store = await openStore(databasePath(home));
try {
  const runs = [];
  for (const plan of PLANS) {
    const run = process.argv.includes('--report')
      ? await findStudyRun(store, plan)
      : await studyRun(store, home, plan);
    if (run?.status === 'done') runs.push({ ...plan, run });
  }
  await writeStudy(store, runs);
} finally {
  await store.close();
}

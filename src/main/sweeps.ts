import { createHash } from 'node:crypto';
import type { SweepCell, SweepMatrix, SweepRow } from '../shared/contract/sweeps.ts';
import type { RunResults } from '../shared/results.ts';
import type { Sweep, SweepRun } from '../shared/sweep.ts';
import type { Store } from './db/open.ts';
import { readResults } from './db/results.ts';
import { runsOfSweep } from './db/sweeps.ts';

/**
 * The same sweep has the same id, so that starting it again goes on with it. What its runs do counts,
 * not how the file says it: a preset that means something else by now makes another sweep.
 */
export function sweepId({ name }: Sweep, runs: readonly SweepRun[]): string {
  const meaning = JSON.stringify([name, runs.map(({ recipe }) => recipe)]);
  return createHash('sha256').update(meaning).digest('hex').slice(0, 12);
}

/** Name of a sweep's run in the list of runs. */
export const runNameOf = ({ name }: Sweep, { label }: SweepRun): string =>
  `${name}: ${label}`.slice(0, 120);

/** What the runs of a sweep have found so far. */
export async function sweepMatrix(
  { db }: Store,
  id: string,
  runs: readonly SweepRun[],
): Promise<SweepMatrix> {
  const made = await runsOfSweep(db, id);
  const labels = new Map<SweepMatrix['arms'][number]['id'], string>();
  const rows: SweepRow[] = [];
  for (const [position, { label }] of runs.entries()) {
    const run = made.get(position);
    const stored = run && (await readResults(db, run.id));
    for (const { arm } of stored?.results.arms ?? [])
      if (!labels.has(arm.id)) labels.set(arm.id, arm.label);
    rows.push({
      label,
      runId: run?.id ?? null,
      status: run?.status ?? null,
      cells: stored ? cellsOf(stored.results) : {},
    });
  }
  return { arms: [...labels].map(([arm, label]) => ({ id: arm, label })), rows };
}

const cellsOf = ({ arms }: RunResults): SweepRow['cells'] =>
  Object.fromEntries(
    arms.map(({ arm, mean, recovery }): [string, SweepCell] => [arm.id, { mean, recovery }]),
  );

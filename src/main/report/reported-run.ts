import type { MetricSeries, RunStatus } from '../../shared/contract/runs.ts';
import { type Recipe, recipeSchema } from '../../shared/recipe.ts';
import type { RunResults, RunTimings } from '../../shared/results.ts';
import { readComparison } from '../db/compared-banks.ts';
import { toSeries } from '../db/metric-series.ts';
import { sampleMetrics } from '../db/metrics.ts';
import type { Store } from '../db/open.ts';
import { findRun } from '../db/runs.ts';

/** What a report says of one run. Times are Unix milliseconds. */
export interface ReportedRun {
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly seed: number;
  readonly device: string | null;
  readonly modelHash: string | null;
  readonly recipe: Recipe | null;
  readonly notes: string;
  /** Null before the arms are compared. */
  readonly outcome: { readonly results: RunResults; readonly timings: RunTimings } | null;
  readonly metrics: readonly MetricSeries[];
}

/** About how many points of a curve a printed page can show. */
const POINTS = 200;

/** @throws KintsugiError RUN_NOT_FOUND */
export async function readReportedRun({ db }: Store, id: string): Promise<ReportedRun> {
  const run = await findRun(db, id);
  return {
    id: run.id,
    name: run.name || run.id,
    status: run.status,
    createdAt: run.createdAt,
    finishedAt: run.finishedAt,
    seed: run.seed,
    device: run.device,
    modelHash: run.modelHash,
    recipe: recipeSchema.safeParse(run.recipe).data ?? null,
    notes: run.notes,
    outcome: (await readComparison(db, run.id)) ?? null,
    metrics: toSeries(await sampleMetrics(db, run.id, POINTS)),
  };
}

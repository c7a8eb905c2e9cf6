import type {
  RunDetail,
  RunHeadline,
  RunStage,
  RunSummary,
  Usage,
} from '../../shared/contract/runs.ts';
import type { MemoryItem } from '../../shared/contract/wizard.ts';
import { type Recipe, recipeSchema } from '../../shared/recipe.ts';
import type { ArmResult, RunResults } from '../../shared/results.ts';
import { readComparison } from '../db/compared-banks.ts';
import { readResults } from '../db/results.ts';
import type { Run } from '../db/runs.ts';
import type { StageRow } from '../db/schema.ts';
import { listStages } from '../db/stages.ts';
import type { Live } from '../jobs/live.ts';
import type { Services } from './services.ts';

/** A run as lists show it; no path of this machine leaves with it. */
export async function summarise({ store, jobs }: Services, run: Run): Promise<RunSummary> {
  const live = jobs.live(run.id);
  const [rows, stored, waiting] = await Promise.all([
    listStages(store.db, run.id),
    readResults(store.db, run.id),
    jobs.waiting(),
  ]);
  const position = waiting.indexOf(run.id);
  return {
    id: run.id,
    name: run.name || run.id,
    status: run.status,
    stopping: live.stopping,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    deletedAt: run.deletedAt,
    seed: run.seed,
    device: run.device,
    modelHash: run.modelHash,
    recipe: recipeSchema.safeParse(run.recipe).data ?? null,
    error: run.error,
    tags: run.tags,
    notes: run.notes,
    progress: run.status === 'done' ? 1 : overall(rows.map((row) => toStage(row, live))),
    queuePosition: position < 0 ? null : position + 1,
    headline: stored === undefined ? null : headline(stored.results),
  };
}

export async function detail(services: Services, run: Run): Promise<RunDetail> {
  const { store, jobs } = services;
  const [summary, rows, stored] = await Promise.all([
    summarise(services, run),
    listStages(store.db, run.id),
    readComparison(store.db, run.id),
  ]);
  return {
    ...summary,
    stages: rows.map((row) => toStage(row, jobs.live(run.id))),
    outcome: stored ?? null,
    ...usage(run),
  };
}

function toStage(row: StageRow, live: Live): RunStage {
  const working = live.stage === row.name;
  return {
    name: row.name,
    status: row.status,
    progress: working ? Math.max(row.progress, live.share) : row.progress,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    secondsLeft: working ? live.secondsLeft : null,
    remark: row.remark,
  };
}

/** Tuning takes most of a run; the last digit of this is nobody's business. */
const WEIGHTS: Readonly<Record<string, number>> = {
  prepare: 1,
  compress: 8,
  ask: 1,
  tune: 20,
  evaluate: 5,
  summarise: 1,
};

/** Share of all stages' work done, in [0, 1]. */
function overall(stages: readonly RunStage[]): number {
  const weighted = stages.map(({ name, status, progress }) => {
    const weight = WEIGHTS[name.split(':')[0]!] ?? 1;
    return { weight, done: weight * (status === 'done' ? 1 : progress) };
  });
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  return total === 0 ? 0 : weighted.reduce((sum, { done }) => sum + done, 0) / total;
}

function headline({ arms, verdict }: RunResults): RunHeadline | null {
  const mean = (result: ArmResult) => result.mean.mean;
  const original = arms.find(({ arm }) => arm.id === 'original');
  const compressed = arms.find(({ arm }) => arm.id === 'compressed');
  const repaired = arms.filter((result) => result !== original && result !== compressed);
  const [best] = repaired.toSorted((a, b) => mean(b) - mean(a));
  if (original === undefined || compressed === undefined || best === undefined) return null;
  return {
    original: mean(original),
    compressed: mean(compressed),
    best: mean(best),
    bestArm: best.arm.label,
    verdict,
  };
}

interface Estimated {
  readonly total: number;
  readonly items: readonly MemoryItem[];
}

/** Earlier versions kept the estimate of memory alone. */
type StoredEstimate =
  | { readonly memory: Estimated; readonly disk: Estimated }
  | (Estimated & { readonly disk?: undefined });

function usage(run: Run): Pick<RunDetail, 'memory' | 'disk'> {
  const kept = run.estimate as StoredEstimate | null;
  const { memory, disk } = kept !== null && 'total' in kept ? { memory: kept } : { ...kept };
  return {
    memory: beside(memory, run.memoryPeak),
    disk: beside(disk, run.diskPeak),
  };
}

const beside = (estimated: Estimated | undefined, peak: number | null): Usage => ({
  estimated: estimated?.total ?? null,
  items: estimated?.items ?? [],
  peak,
});

/** @throws KintsugiError RECIPE_INVALID for one that this version does not understand */
export function recipeOf({ recipe }: Run): Recipe {
  return recipeSchema.parse(recipe);
}

import type { Generated, Insertable, Selectable, Updateable } from 'kysely';

/** Tables as SQLite holds them: times are Unix milliseconds, JSON columns are text. */
export interface Schema {
  runs: RunsTable;
  stages: StagesTable;
  metrics: MetricsTable;
  banks: BanksTable;
  prompts: PromptsTable;
  answers: AnswersTable;
  results: ResultsTable;
  notices: NoticesTable;
  sample_questions: SampleQuestionsTable;
  samples: SamplesTable;
  cases: CasesTable;
  library: LibraryTable;
  compared_banks: ComparedBanksTable;
  models: ModelsTable;
  downloads: DownloadsTable;
  sweeps: SweepsTable;
}

export type RunStatus =
  | 'queued'
  | 'running'
  | 'paused'
  | 'interrupted'
  | 'done'
  | 'failed'
  | 'cancelled';

export type StageStatus = 'pending' | 'running' | 'done' | 'failed';

interface RunsTable {
  id: string;
  kind: string;
  status: RunStatus;
  recipe: string;
  seed: number;
  model_hash: string | null;
  device: string | null;
  directory: string;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  error_code: string | null;
  error_message: string | null;
  error_next: string | null;
  tags: string;
  notes: string;
  name: Generated<string>;
  queued_at: number | null;
  deleted_at: number | null;
  force: Generated<number>;
  estimate: string | null;
  memory_peak: number | null;
  finish_early: Generated<number>;
  disk_peak: number | null;
  sweep_id: string | null;
  /** Place among the runs of its sweep, from 0. */
  sweep_position: number | null;
}

interface StagesTable {
  run_id: string;
  name: string;
  position: number;
  status: StageStatus;
  progress: number;
  started_at: number | null;
  finished_at: number | null;
  artefact: string | null;
  artefact_hash: string | null;
  remark: string | null;
}

interface MetricsTable {
  run_id: string;
  stage: string;
  step: number;
  name: string;
  value: number;
}

interface BanksTable {
  id: string;
  run_id: string;
  seed: number;
  hash: string;
  model_hash: string;
  directory: string;
}

interface PromptsTable {
  bank_id: string;
  position: number;
  name: string;
  tokens: number;
  hash: string;
}

interface AnswersTable {
  run_id: string;
  arm: string;
  seed: number;
  task: string;
  item_id: string;
  correct: number;
  scores: string;
  prompt: string | null;
  attention: string | null;
}

interface ResultsTable {
  run_id: string;
  summary: string;
  timings: string;
}

interface LibraryTable {
  id: string;
  origin: 'run' | 'imported' | 'merged' | 'split' | 'renamed' | 'quantized' | 'pruned';
  run_id: string | null;
  seed: number | null;
  name: string;
  tags: string;
  notes: string;
  hash: string;
  model_hash: string;
  model: string;
  prompts: string;
  bytes: number;
  directory: string;
  created_at: number;
  deleted_at: number | null;
}

interface ComparedBanksTable {
  run_id: string;
  bank_id: string;
  result: string;
  prompts: string;
  milliseconds: number;
  created_at: number;
}

interface SampleQuestionsTable {
  run_id: string;
  questions: string;
}

interface SamplesTable {
  run_id: string;
  stage: string;
  series: string;
  step: number;
  at: number;
  answers: string;
}

interface NoticesTable {
  run_id: string;
  at: number;
  stage: string;
  message: string;
}

interface CasesTable {
  id: string;
  name: string;
  created_at: number;
  request: string;
  outputs: string;
}

interface ModelsTable {
  model: string;
  added_at: number | null;
  removed_at: number | null;
}

interface SweepsTable {
  id: string;
  name: string;
  sweep: string;
  created_at: number;
  /** Null while it is not deleted. */
  deleted_at: number | null;
}

interface DownloadsTable {
  id: string;
  status: 'queued' | 'running' | 'paused' | 'failed' | 'done';
  plan: string;
  error: string | null;
  notices: Generated<string>;
  folder: string | null;
  created_at: number;
}

export type RunRow = Selectable<RunsTable>;
export type RunChanges = Updateable<RunsTable>;
export type LibraryRow = Selectable<LibraryTable>;
export type ModelRow = Selectable<ModelsTable>;
export type DownloadRow = Selectable<DownloadsTable>;
export type StageRow = Selectable<StagesTable>;
export type MetricRow = Insertable<MetricsTable>;

import { datasetFiles, findDataset, listFolders } from '../../data/dataset.ts';
import { invalidData } from '../../data/faults.ts';
import { type DataRow, readRows } from '../../data/rows.ts';
import type { Item, Task } from '../tasks.ts';
import { type Benchmark, RowError } from './benchmark.ts';
import { MMLU_SUBJECTS } from './knowledge.ts';

export interface BenchmarkLimits {
  /** Rows to measure with, at most, from the first on; 0 does not open that split. */
  readonly heldout: number;
  /** Rows to tune on, likewise. */
  readonly train: number;
}

/**
 * A benchmark as a task, its rows read from a local folder that holds datasets as the hub has them.
 * @param root holds `org/name`, or is the hub's cache
 * @throws KintsugiError DATA_INVALID naming file, row and column
 */
export async function loadBenchmark(
  benchmark: Benchmark,
  root: string,
  limits: BenchmarkLimits,
): Promise<Task> {
  const { name, title, description, kind, metrics, data } = benchmark;
  const folder = await findDataset(root, data.id);
  const heldout = await readItems(benchmark, folder, data.heldout, limits.heldout);
  const train = await readItems(benchmark, folder, data.train, limits.train);
  return { name, title, description, metrics, kind, train, heldout } as Task;
}

const NEXT = 'Download the dataset again.';

async function readItems(
  benchmark: Benchmark,
  folder: string,
  split: string | undefined,
  limit: number,
): Promise<Item[]> {
  if (split === undefined || limit === 0) return [];
  const items: Item[] = [];
  const columns = Object.keys((benchmark.row as unknown as { shape: object }).shape);
  const files = await benchmarkFiles(benchmark, folder, split);
  for await (const { file, row } of inTurn(files.map((group) => rowsOf(group, columns)))) {
    if (items.length >= limit) break;
    items.push(toItem(benchmark, file, row, `${split}-${items.length}`));
  }
  if (items.length === 0)
    throw invalidData(folder, `has no rows in its split "${split}"`, undefined, NEXT);
  return items;
}

/**
 * Groups of files that are read in turn, so that the first rows are of all of them: one group, or
 * the folders of the subjects where a benchmark takes all of a dataset that has one each.
 */
async function benchmarkFiles(
  { data, name }: Benchmark,
  folder: string,
  split: string,
): Promise<string[][]> {
  const part = { config: data.config, split };
  if (name !== 'mmlu') return [await datasetFiles(folder, part)];
  const present = await listFolders(folder);
  const subjects = MMLU_SUBJECTS.filter((subject) => present.includes(subject));
  const configs = subjects.length > 0 ? subjects : ['all'];
  return Promise.all(configs.map((config) => datasetFiles(folder, { config, split })));
}

interface FileRow {
  readonly file: string;
  readonly row: DataRow;
}

async function* rowsOf(files: readonly string[], columns: string[]): AsyncGenerator<FileRow> {
  for (const file of files) {
    for await (const row of readRows(file, columns)) yield { file, row };
  }
}

/** One of each, then the next of each, … */
async function* inTurn<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  let open = [...sources];
  try {
    while (open.length > 0) {
      const ended = new Set<AsyncGenerator<T>>();
      for (const source of open) {
        const { done, value } = await source.next();
        if (done) ended.add(source);
        else yield value;
      }
      open = open.filter((source) => !ended.has(source));
    }
  } finally {
    for (const source of open) await source.return(undefined);
  }
}

function toItem(benchmark: Benchmark, file: string, { place, value }: DataRow, id: string): Item {
  const fault = (field: string, message: string) =>
    invalidData(file, `column "${field}" ${message}`, `${place}, ${field}`, NEXT);
  const parsed = benchmark.row.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const field = path.join('.');
    throw value[String(path[0])] === undefined
      ? fault(field, 'is missing')
      : fault(field, `is not as ${benchmark.name} has it: ${message}`);
  }
  try {
    return { id, fact: benchmark.fact(parsed.data), ...benchmark.ask(parsed.data) };
  } catch (error) {
    if (error instanceof RowError) throw fault(error.field, error.message);
    throw error;
  }
}

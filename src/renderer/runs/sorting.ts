import type { RunStatus, RunSummary } from '../../shared/contract/runs.ts';
import { describeRecipe } from './describe.ts';

export const COLUMNS = [
  { key: 'name', title: 'Run' },
  { key: 'status', title: 'Status' },
  { key: 'original', title: 'Original' },
  { key: 'compressed', title: 'Compressed' },
  { key: 'best', title: 'Best repair' },
  { key: 'createdAt', title: 'Made' },
] as const;
export type SortKey = (typeof COLUMNS)[number]['key'];

export interface Sort {
  readonly key: SortKey;
  readonly direction: 'ascending' | 'descending';
}

/** The same column again turns the order; names start at A, everything else with the largest. */
export function nextSort(sort: Sort, key: SortKey): Sort {
  if (sort.key !== key) {
    return { key, direction: key === 'name' || key === 'status' ? 'ascending' : 'descending' };
  }
  return { key, direction: sort.direction === 'ascending' ? 'descending' : 'ascending' };
}

/** Sorted anew; runs without the value come last either way. */
export function sortRuns(runs: readonly RunSummary[], { key, direction }: Sort): RunSummary[] {
  const sign = direction === 'ascending' ? 1 : -1;
  return runs.toSorted((a, b) => {
    const [x, y] = [sortValue(a, key), sortValue(b, key)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const order =
      typeof x === 'string' || typeof y === 'string'
        ? String(x).localeCompare(String(y), 'en', { numeric: true })
        : x - y;
    return sign * order || b.createdAt - a.createdAt;
  });
}

function sortValue(run: RunSummary, key: SortKey): string | number | null {
  switch (key) {
    case 'name':
    case 'status':
    case 'createdAt':
      return run[key];
    case 'original':
    case 'compressed':
    case 'best':
      return run.headline?.[key] ?? null;
  }
}

export interface RunFilter {
  readonly text: string;
  readonly status: RunStatus | null;
  readonly tag: string | null;
}

/** Runs that hold every word of the text in their name, recipe, tags, notes or id. */
export function filterRuns(runs: readonly RunSummary[], filter: RunFilter): RunSummary[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    if (filter.status !== null && run.status !== filter.status) return false;
    if (filter.tag !== null && !run.tags.includes(filter.tag)) return false;
    const text = [run.name, describeRecipe(run.recipe), ...run.tags, run.notes, run.id]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

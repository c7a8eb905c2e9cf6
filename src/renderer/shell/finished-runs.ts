import { useEffect, useRef } from 'react';
import type { RunStatus, RunSummary } from '../../shared/contract/runs.ts';
import { useCall } from '../use-call.ts';
import { goTo } from './pages.ts';
import { useToasts } from './toasts.tsx';

const ENDINGS: Readonly<Partial<Record<RunStatus, string>>> = {
  done: 'is done',
  failed: 'failed',
  interrupted: 'was interrupted',
};

/** Says so, on every other page, when a run that was being worked on comes to its end. */
export function useFinishedRuns(shownRun: string | undefined): void {
  const { called } = useCall('runs.list', {});
  const { show } = useToasts();
  const before = useRef<ReadonlyMap<string, RunStatus>>(new Map());
  const runs = called.state === 'ready' ? called.value : undefined;
  useEffect(() => {
    if (runs === undefined) return;
    for (const run of finished(before.current, runs)) {
      if (run.id === shownRun) continue;
      show({
        title: `${run.name} ${ENDINGS[run.status]}`,
        ...(run.headline === null ? {} : { detail: run.headline.verdict }),
        action: { label: 'Open', run: () => goTo('runs', run.id) },
      });
    }
    before.current = new Map(runs.map(({ id, status }) => [id, status]));
  }, [runs, shownRun, show]);
}

/** Runs that were running before and have ended now. */
export function finished(
  before: ReadonlyMap<string, RunStatus>,
  runs: readonly RunSummary[],
): readonly RunSummary[] {
  return runs.filter(({ id, status }) => before.get(id) === 'running' && status in ENDINGS);
}

import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { MetricSeries, RunDetail, RunEvent, RunNotice } from '../../shared/contract/runs.ts';
import type { RunSamples } from '../../shared/contract/samples.ts';
import { useClient } from '../use-call.ts';

export interface WatchedRun {
  readonly run: RunDetail | null;
  readonly metrics: readonly MetricSeries[];
  readonly notices: readonly RunNotice[];
  readonly samples: RunSamples;
  readonly error: ErrorReport | null;
}

const NOTHING: WatchedRun = {
  run: null,
  metrics: [],
  notices: [],
  samples: { questions: [], answers: [] },
  error: null,
};

/** One run as it happens; `again` subscribes anew after a failure. */
export function useRunProgress(id: string): WatchedRun & { readonly again: () => void } {
  const client = useClient();
  const [watched, setWatched] = useState(NOTHING);
  const [attempt, setAttempt] = useState(0);
  // attempt is for `again`.
  useEffect(() => {
    setWatched(NOTHING);
    return client.subscribe(
      'runs.progress',
      { id },
      {
        event: (event) => setWatched((now) => follow(now, event)),
        error: ({ report }) => setWatched((now) => ({ ...now, error: report })),
      },
    );
  }, [client, id, attempt]);
  return { ...watched, again: () => setAttempt((count) => count + 1) };
}

/** What is known after one more event. */
export function follow(now: WatchedRun, event: RunEvent): WatchedRun {
  switch (event.kind) {
    case 'snapshot':
      return {
        run: event.run,
        metrics: event.metrics,
        notices: event.notices,
        samples: event.samples,
        error: null,
      };
    case 'run':
      return { ...now, run: event.run };
    case 'progress':
      return {
        ...now,
        run: now.run && { ...now.run, stages: event.stages, progress: event.progress },
        metrics: mergeSeries(now.metrics, event.metrics),
      };
    case 'notice':
      return { ...now, notices: [...now.notices, event.notice] };
    case 'samples':
      return { ...now, samples: event.samples };
  }
}

/** Points of both; a step that comes again replaces its value. */
export function mergeSeries(
  known: readonly MetricSeries[],
  news: readonly MetricSeries[],
): readonly MetricSeries[] {
  const merged = [...known];
  for (const series of news) {
    const at = merged.findIndex(
      ({ stage, name }) => stage === series.stage && name === series.name,
    );
    const old = merged[at];
    if (old === undefined) merged.push(series);
    else merged[at] = { ...old, points: mergePoints(old.points, series.points) };
  }
  return merged;
}

type Points = MetricSeries['points'];

/** Longer series lose every second of their points: a chart has no more pixels. */
const MOST_POINTS = 1500;

const thin = (points: Points): Points =>
  points.length <= MOST_POINTS
    ? points
    : points.filter((_, i) => i % 2 === 0 || i === points.length - 1);

function mergePoints(old: Points, fresh: Points): Points {
  const first = fresh[0]?.[0];
  if (first === undefined) return old;
  const last = old.at(-1)?.[0];
  if (last === undefined || first > last) return thin([...old, ...fresh]);
  const bySteps = new Map([...old, ...fresh]);
  return thin([...bySteps].sort(([a], [b]) => a - b));
}

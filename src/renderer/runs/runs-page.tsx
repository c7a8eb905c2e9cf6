import { AnalysisPage } from '../analysis/analysis-page.tsx';
import type { PageProps } from '../use-route.ts';
import { RunPage } from './run-page.tsx';
import { RunsOverview } from './runs-overview.tsx';

/** `#/runs` lists them, `#/runs/bin` what was deleted, `#/runs/<id>` shows one, `#/runs/<id>/analysis` what was found out about it. */
export function RunsPage({ parts: [id, view] }: PageProps) {
  if (id === undefined || id === 'bin') return <RunsOverview bin={id === 'bin'} />;
  if (view === 'analysis') return <AnalysisPage key={id} id={id} />;
  return <RunPage key={id} id={id} />;
}

import type { PageProps } from '../use-route.ts';
import { RunPage } from './run-page.tsx';
import { RunsOverview } from './runs-overview.tsx';

/** `#/runs` lists them, `#/runs/bin` what was deleted, `#/runs/<id>` shows one. */
export function RunsPage({ parts: [id] }: PageProps) {
  if (id === undefined || id === 'bin') return <RunsOverview bin={id === 'bin'} />;
  return <RunPage key={id} id={id} />;
}

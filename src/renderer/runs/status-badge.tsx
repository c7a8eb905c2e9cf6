import type { RunStatus, RunSummary } from '../../shared/contract/runs.ts';

export const STATUS_WORDS: Readonly<Record<RunStatus, string>> = {
  queued: 'Waiting',
  running: 'Running',
  paused: 'Paused',
  interrupted: 'Interrupted',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function StatusBadge({ run: { status, stopping } }: { run: RunSummary }) {
  return <span className={`badge ${status}`}>{stopping ? 'Stopping' : STATUS_WORDS[status]}</span>;
}

import type { RunStatus } from '../../shared/contract.ts';

const WORDS: Readonly<Record<RunStatus, string>> = {
  queued: 'Waiting',
  running: 'Running',
  paused: 'Paused',
  interrupted: 'Interrupted',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function StatusBadge({ status }: { status: RunStatus }) {
  return <span className={`badge ${status}`}>{WORDS[status]}</span>;
}

import { Button, Group, Progress } from '@mantine/core';
import type { Download } from '../../shared/contract/hub.ts';
import { formatBytes, formatRoughly, formatWholePercent } from '../format.ts';
import { Failure } from '../notice.tsx';
import { useAction } from '../use-call.ts';

const WORDS: Readonly<Record<Download['status'], string>> = {
  queued: 'Waiting for its turn',
  running: 'Downloading',
  paused: 'Paused',
  failed: 'Stopped',
  done: 'Downloaded',
};

/** How far a download is, and what can be done about it. */
export function DownloadProgress({ download }: { download: Download }) {
  const act = useAction();
  const { id, name, status, bytes, total, error, notices } = download;
  const share = total === 0 ? 1 : bytes / total;
  const call = (action: 'pause' | 'resume' | 'cancel') => () =>
    void act(`downloads.${action}`, { id });
  return (
    <div className="download">
      <Group justify="space-between" gap="sm">
        <span className={`badge ${status}`}>
          {WORDS[status]}
          {status === 'running' && ` ${formatWholePercent(share)}`}
        </span>
        <span className="faint">{describe(download)}</span>
      </Group>
      {status !== 'done' && (
        <Progress
          aria-label={`Download of ${name}`}
          value={100 * share}
          color={status === 'failed' ? 'red' : 'gold'}
          mt={6}
        />
      )}
      {notices.length > 0 && (
        <ul className="download-notices">
          {notices.map((notice) => (
            <li key={notice}>{notice}</li>
          ))}
        </ul>
      )}
      {error && <Failure error={error} retry={call('resume')} />}
      <Group gap="xs" mt="xs">
        {(status === 'running' || status === 'queued') && (
          <Button size="xs" variant="default" onClick={call('pause')} aria-label={`Pause ${name}`}>
            Pause
          </Button>
        )}
        {status === 'paused' && (
          <Button size="xs" onClick={call('resume')} aria-label={`Resume ${name}`}>
            Resume
          </Button>
        )}
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          onClick={call('cancel')}
          aria-label={status === 'done' ? `Take off the list: ${name}` : `Cancel ${name}`}
        >
          {status === 'done' ? 'Take off the list' : 'Cancel'}
        </Button>
      </Group>
    </div>
  );
}

function describe({ status, bytes, total, rate, secondsLeft }: Download): string {
  if (status === 'done') return formatBytes(total);
  const parts = [`${formatBytes(bytes)} of ${formatBytes(total)}`];
  if (rate !== null) parts.push(`${formatBytes(rate)}/s`);
  if (secondsLeft !== null) parts.push(`${formatRoughly(secondsLeft)} left`);
  return parts.join(' · ');
}

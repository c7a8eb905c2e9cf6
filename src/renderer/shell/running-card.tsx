import { Progress, Text } from '@mantine/core';
import { formatWholePercent } from '../format.ts';
import { useCall } from '../use-call.ts';
import { hrefTo } from './pages.ts';

/** What is being worked on, from every page one click away. */
export function RunningCard() {
  const { called } = useCall('runs.list', {});
  const running =
    called.state === 'ready' ? called.value.find(({ status }) => status === 'running') : undefined;
  if (running === undefined) return null;
  return (
    <a className="running-card" href={hrefTo('runs', running.id)}>
      <Text size="sm" fw={600} truncate>
        {running.name}
      </Text>
      <Text size="xs" c="dimmed">
        {running.stopping ? 'Stopping' : 'Running'} · {formatWholePercent(running.progress)}
      </Text>
      <Progress
        size="sm"
        mt={6}
        value={100 * running.progress}
        aria-label={`Progress of ${running.name}`}
      />
    </a>
  );
}

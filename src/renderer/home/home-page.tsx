import { Button, Group, Text, Title } from '@mantine/core';
import { PageHeader } from '../components/page-header.tsx';
import { BowlPicture } from '../components/pictures.tsx';
import { formatRoughly } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { RunsTable } from '../runs/runs-table.tsx';
import { hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { Ideas } from './ideas.tsx';

const MOST_RECENT = 5;

export function HomePage() {
  const { called, retry } = useCall('runs.list', {});
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  const runs = called.value;
  return (
    <div className="page">
      {runs.length === 0 ? <Welcome /> : <Again />}
      {runs.length > 0 && (
        <section className="card" aria-label="Recent runs">
          <Group justify="space-between" mb="xs">
            <h2 className="card-title">Recent runs</h2>
            <a href={hrefTo('runs')}>All {runs.length} runs</a>
          </Group>
          <RunsTable runs={runs.slice(0, MOST_RECENT)} />
        </section>
      )}
      <Ideas />
    </div>
  );
}

function Again() {
  return (
    <PageHeader
      title="Home"
      actions={
        <Button component="a" href={hrefTo('new')}>
          New repair
        </Button>
      }
    >
      Shrink a model, mend it with learned prompts, and see what came back.
    </PageHeader>
  );
}

function Welcome() {
  const { called } = useCall('presets.list', { model: 'starter' });
  const quick = called.state === 'ready' ? called.value[0] : undefined;
  return (
    <section className="hero">
      <BowlPicture />
      <Title order={1} className="hero-title">
        Shrink a language model.
        <br />
        Mend it with gold.
      </Title>
      <Text className="hero-text">
        Kintsugi makes a model several times smaller, learns a few prompts that bring back what it
        forgot, and shows you side by side what was lost and what came back.
      </Text>
      <Group gap="md">
        <Button component="a" href={hrefTo('new')} size="md">
          Repair the starter model
        </Button>
        <Text size="sm" c="dimmed">
          {quick
            ? `${formatRoughly(quick.estimate.time.seconds)} on this machine, nothing to download`
            : 'nothing to download'}
        </Text>
      </Group>
    </section>
  );
}

import { Anchor, Button, Tabs } from '@mantine/core';
import type { Comparison } from '../../shared/contract/compare.ts';
import type { RunSummary } from '../../shared/contract/runs.ts';
import { CompareIcon } from '../components/icons.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { Empty, Failure, Waiting } from '../notice.tsx';
import { goTo, hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { ConfigurationTable } from './configuration-table.tsx';
import { InputsView } from './inputs-view.tsx';
import { RunPicker } from './run-picker.tsx';
import { Summary } from './summary.tsx';
import { TaskBars } from './task-bars.tsx';
import './compare.css';

const TABS = [
  { value: 'summary', label: 'Summary' },
  { value: 'tasks', label: 'By task' },
  { value: 'inputs', label: 'Inputs' },
  { value: 'settings', label: 'Settings' },
] as const;

const addressOf = (runIds: readonly string[], tab: string) =>
  ['compare', runIds.join(','), tab] as const;

/** `#/compare/<id>,<id>/<tab>`: any finished runs side by side. */
export function ComparePage({ parts }: { parts: readonly string[] }) {
  const { called, retry } = useCall('runs.list', {});
  const tab = TABS.find(({ value }) => value === parts[1])?.value ?? 'summary';
  return (
    <>
      <PageHeader title="Compare">
        What compression lost and what the repairs brought back: every arm on the same inputs, none
        of which was tuned on.
      </PageHeader>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && (
        <Chosen runs={called.value} asked={parts[0]?.split(',').filter(Boolean) ?? []} tab={tab} />
      )}
    </>
  );
}

interface ChosenProps {
  readonly runs: readonly RunSummary[];
  readonly asked: readonly string[];
  readonly tab: string;
}

function Chosen({ runs, asked, tab }: ChosenProps) {
  const finished = runs.filter(({ headline }) => headline !== null);
  const [newest] = finished;
  if (newest === undefined) return <NothingToCompare />;
  const runIds = asked.length > 0 ? asked : [newest.id];
  return (
    <>
      <RunPicker
        runs={finished}
        chosen={runIds}
        choose={(ids) => ids.length > 0 && goTo(...addressOf(ids, tab))}
      />
      <Compared runIds={runIds} tab={tab} />
    </>
  );
}

function NothingToCompare() {
  return (
    <Empty
      icon={<CompareIcon size={32} />}
      title="Nothing to compare yet"
      action={
        <Button component="a" href={hrefTo('new')}>
          Start a repair
        </Button>
      }
    >
      When a run has finished, its arms stand here side by side: the original, the compressed model,
      and the compressed model with each repair.
    </Empty>
  );
}

function Compared({ runIds, tab }: { runIds: readonly string[]; tab: string }) {
  const { called, retry } = useCall('compare.show', { runIds: [...runIds] });
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') {
    const back = <Anchor href={hrefTo('compare')}>Compare other runs</Anchor>;
    return <Failure error={called.error} retry={retry} action={back} />;
  }
  return (
    <Tabs
      value={tab}
      onChange={(value) => goTo(...addressOf(runIds, value ?? 'summary'))}
      keepMounted={false}
    >
      <Tabs.List aria-label="Views of the comparison">
        {TABS.map(({ value, label }) => (
          <Tabs.Tab key={value} value={value}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {TABS.map(({ value }) => (
        <Tabs.Panel key={value} value={value} pt="md">
          <View tab={value} comparison={called.value} runIds={runIds} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

interface ViewProps {
  readonly tab: (typeof TABS)[number]['value'];
  readonly comparison: Comparison;
  readonly runIds: readonly string[];
}

function View({ tab, comparison, runIds }: ViewProps) {
  switch (tab) {
    case 'summary':
      return <Summary runs={comparison.runs} />;
    case 'tasks':
      return <TaskBars runs={comparison.runs} />;
    case 'inputs':
      return <InputsView runs={comparison.runs} runIds={runIds} />;
    case 'settings':
      return <ConfigurationTable comparison={comparison} />;
  }
}

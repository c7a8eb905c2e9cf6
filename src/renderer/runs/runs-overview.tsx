import { Button, Group, Menu, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { RunStatus, RunSummary } from '../../shared/contract/runs.ts';
import { RunsIcon, SearchIcon } from '../components/icons.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { Empty, Failure, Waiting } from '../notice.tsx';
import { goTo, hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { RunsTable } from './runs-table.tsx';
import { filterRuns, nextSort, type RunFilter, type Sort, sortRuns } from './sorting.ts';
import { STATUS_WORDS } from './status-badge.tsx';
import { useRunActions } from './use-run-actions.ts';

export function RunsOverview({ bin }: { bin: boolean }) {
  const { called, retry } = useCall('runs.list', bin ? { deleted: true } : {});
  return (
    <div className="page">
      <PageHeader
        title={bin ? 'Bin' : 'Runs'}
        actions={
          bin ? (
            <Button component="a" href={hrefTo('runs')} variant="default">
              Back to the runs
            </Button>
          ) : (
            <>
              <Button component="a" href={hrefTo('runs', 'bin')} variant="subtle">
                Bin
              </Button>
              <Button component="a" href={hrefTo('new')}>
                New repair
              </Button>
            </>
          )
        }
      >
        {bin
          ? 'Deleted runs, with everything they made. Bring one back from its menu.'
          : 'Every repair on this machine, with what it measured on held-out questions.'}
      </PageHeader>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' &&
        (called.value.length === 0 ? <NoRuns bin={bin} /> : <Listed runs={called.value} />)}
    </div>
  );
}

function NoRuns({ bin }: { bin: boolean }) {
  if (bin) return <Empty title="The bin is empty">Runs that you delete wait here.</Empty>;
  return (
    <Empty
      icon={<RunsIcon size={40} />}
      title="No runs yet"
      action={
        <Button component="a" href={hrefTo('new')}>
          Start the first one
        </Button>
      }
    >
      A run compresses a model, tunes prompts that mend it, and compares them with the original on
      questions that no prompt has seen.
    </Empty>
  );
}

const EVERYTHING: RunFilter = { text: '', status: null, tag: null };

function Listed({ runs }: { runs: readonly RunSummary[] }) {
  const [filter, setFilter] = useState(EVERYTHING);
  const [sort, setSort] = useState<Sort>({ key: 'createdAt', direction: 'descending' });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const shown = sortRuns(filterRuns(runs, filter), sort);
  const toggle = (id: string) =>
    setChosen((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const ids = shown.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  return (
    <section className="card" aria-label="Runs">
      <Group gap="sm" mb="sm">
        <FilterBar runs={runs} filter={filter} setFilter={setFilter} />
        <ChosenBar ids={ids} shown={shown.map(({ id }) => id)} />
      </Group>
      {shown.length === 0 ? (
        <Empty
          title="No run matches"
          action={
            <Button variant="default" onClick={() => setFilter(EVERYTHING)}>
              Show all runs
            </Button>
          }
        >
          None of the {runs.length} runs fits this search.
        </Empty>
      ) : (
        <RunsTable
          runs={shown}
          tools={{
            sort,
            onSort: (key) => setSort(nextSort(sort, key)),
            chosen,
            onChoose: toggle,
            onTag: (tag) => setFilter({ ...filter, tag }),
          }}
        />
      )}
    </section>
  );
}

interface FilterProps {
  readonly runs: readonly RunSummary[];
  readonly filter: RunFilter;
  readonly setFilter: (filter: RunFilter) => void;
}

function FilterBar({ runs, filter, setFilter }: FilterProps) {
  const tags = [...new Set(runs.flatMap((run) => run.tags))].sort();
  return (
    <>
      <TextInput
        className="search-field"
        aria-label="Search runs"
        placeholder="Search names, tags, notes"
        leftSection={<SearchIcon size={16} />}
        value={filter.text}
        onChange={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
      />
      <Select
        aria-label="Status"
        placeholder="Any status"
        clearable
        w="9.5rem"
        data={Object.entries(STATUS_WORDS).map(([value, label]) => ({ value, label }))}
        value={filter.status}
        onChange={(status) => setFilter({ ...filter, status: status as RunStatus | null })}
      />
      {tags.length > 0 && (
        <Select
          aria-label="Tag"
          placeholder="Any tag"
          clearable
          w="9.5rem"
          data={tags}
          value={filter.tag}
          onChange={(tag) => setFilter({ ...filter, tag })}
        />
      )}
    </>
  );
}

/** As the contract bounds them. */
const MOST_COMPARED = 8;
const MOST_REPORTED = 16;

/** What can be done with the chosen runs, or with all that are shown. */
function ChosenBar({ ids, shown }: { ids: readonly string[]; shown: readonly string[] }) {
  const actions = useRunActions();
  const exported = ids.length > 0 ? ids : shown;
  return (
    <Group gap="sm" ml="auto">
      <Text size="sm" c="dimmed" role="status">
        {ids.length > 0 ? `${ids.length} chosen` : `${shown.length} shown`}
      </Text>
      <Button
        variant="default"
        disabled={ids.length === 0 || ids.length > MOST_COMPARED}
        onClick={() => goTo('compare', ids.join(','))}
      >
        Compare
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" disabled={exported.length === 0}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => actions.export(exported, 'csv')}>CSV</Menu.Item>
          <Menu.Item onClick={() => actions.export(exported, 'json')}>JSON</Menu.Item>
          <Menu.Item
            disabled={exported.length > MOST_REPORTED}
            onClick={() => actions.report(exported)}
          >
            Report
          </Menu.Item>
          <Menu.Item
            disabled={exported.length > MOST_REPORTED}
            onClick={() => actions.printReport(exported)}
          >
            Report as PDF…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

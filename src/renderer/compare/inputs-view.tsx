import { Group, SegmentedControl, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { ComparedRun, InputFilter } from '../../shared/contract/compare.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { formatCount } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { titlesOf } from './compared-arms.ts';
import { InputDetail } from './input-detail.tsx';
import { InputTable } from './input-table.tsx';
import { useInputs } from './use-input-pages.ts';

const FILTERS: readonly { readonly value: InputFilter; readonly label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'differ', label: 'Arms differ' },
  { value: 'broken', label: 'Broken by compression' },
  { value: 'repaired', label: 'Repaired' },
  { value: 'still-broken', label: 'Still broken' },
];

interface Props {
  readonly runs: readonly ComparedRun[];
  readonly runIds: readonly string[];
}

/** Every input with every arm's answer, to be filtered, searched and looked into. */
export function InputsView({ runs, runIds }: Props) {
  const [filter, setFilter] = useState<InputFilter>('all');
  const [search, setSearch] = useState('');
  const [task, setTask] = useState<string | null>(null);
  const [prompt, setPrompt] = useState<string | null>(null);
  const [selected, setSelected] = useState<number | null>(null);
  const [searched] = useDebouncedValue(search, 200);
  const query = { runIds, filter, search: searched, task, prompt };
  const { page, error, retry } = useInputs(query);
  const reset =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      setSelected(null);
      set(value);
    };
  if (error !== null) return <Failure error={error} retry={retry} />;
  if (page === undefined) return <Waiting what="Joining the answers…" />;
  const titles = titlesOf(runs);
  return (
    <>
      <SegmentedControl
        aria-label="Inputs to show"
        value={filter}
        onChange={reset((value: string) => setFilter(value as InputFilter))}
        data={FILTERS.map(({ value, label }) => ({
          value,
          label: `${label} (${formatCount(page.counts[value])})`,
        }))}
        className="input-filters"
      />
      <Group align="flex-end" gap="sm" my="sm">
        <TextInput
          label="Search"
          placeholder="words of the input or its answer"
          value={search}
          onChange={(event) => reset(setSearch)(event.currentTarget.value)}
          w={260}
        />
        <Select
          label="Task"
          placeholder="every task"
          data={page.tasks.map((name) => ({ value: name, label: taskTitle(titles, name) }))}
          value={task}
          onChange={reset(setTask)}
          clearable
          w={180}
        />
        <Select
          label="Chosen prompt"
          placeholder="any prompt"
          data={[...page.prompts]}
          value={prompt}
          onChange={reset(setPrompt)}
          disabled={page.prompts.length === 0}
          clearable
          w={180}
        />
        <Text size="sm" c="dimmed" role="status" ml="auto">
          {formatCount(page.total)} {page.total === 1 ? 'input' : 'inputs'}
        </Text>
      </Group>
      <InputTable
        query={query}
        arms={page.arms}
        runs={runs}
        total={page.total}
        open={setSelected}
      />
      <InputDetail
        query={query}
        arms={page.arms}
        runs={runs}
        index={selected}
        total={page.total}
        select={setSelected}
      />
    </>
  );
}

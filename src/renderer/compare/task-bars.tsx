import { Chip, Group, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { ComparedRun } from '../../shared/contract/compare.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { BarChart } from '../charts/bar-chart.tsx';
import { formatWholePercent } from '../format.ts';
import { comparedArms, taskGroups, titlesOf } from './compared-arms.ts';
import { Provenance } from './provenance.tsx';
import { NoResults } from './summary.tsx';

/** Accuracy of every arm on every task, with arms to leave out. */
export function TaskBars({ runs }: { runs: readonly ComparedRun[] }) {
  const arms = useMemo(() => comparedArms(runs), [runs]);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  if (arms.length === 0) return <NoResults />;
  const shown = arms.filter(({ series }) => !hidden.has(series.key));
  const titles = titlesOf(runs);
  const groups = taskGroups(shown).map(({ name, bars }) => ({
    name: taskTitle(titles, name),
    bars,
  }));
  const keys = arms.map(({ series }) => series.key);
  return (
    <>
      <Chip.Group
        multiple
        value={shown.map(({ series }) => series.key)}
        onChange={(kept) => setHidden(new Set(keys.filter((key) => !kept.includes(key))))}
      >
        <Group gap="xs" mb="md" role="group" aria-label="Arms to show">
          {arms.map(({ series }) => (
            <Chip key={series.key} value={series.key} size="xs" variant="outline">
              {series.name}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <div className="card">
        <BarChart
          title="Accuracy by task"
          series={shown.map(({ series }) => series)}
          groups={groups}
          format={formatWholePercent}
          label="accuracy on held-out facts, 95% interval"
        />
      </div>
      <ul className="arm-badges" aria-label="What made the arms">
        {shown.map(({ series, run, result }) => (
          <li key={series.key}>
            {series.name}
            <Provenance arm={result.arm} seeds={run.outcome?.results.seeds ?? []} />
          </li>
        ))}
      </ul>
      <Text size="sm" c="dimmed" mt="xs">
        Where two intervals overlap widely, the difference may be chance.
      </Text>
    </>
  );
}

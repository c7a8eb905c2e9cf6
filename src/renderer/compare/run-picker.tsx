import { MultiSelect } from '@mantine/core';
import type { RunSummary } from '../../shared/contract/runs.ts';
import { formatDate } from '../format.ts';

/** As many as the contract compares at once. */
const MOST_RUNS = 8;

interface Props {
  readonly runs: readonly RunSummary[];
  readonly chosen: readonly string[];
  readonly choose: (ids: readonly string[]) => void;
}

export function RunPicker({ runs, chosen, choose }: Props) {
  const known = new Set(runs.map(({ id }) => id));
  const missing = chosen.filter((id) => !known.has(id));
  return (
    <MultiSelect
      label="Runs"
      description={`Up to ${MOST_RUNS} finished runs`}
      data={[
        ...runs.map((run) => ({
          value: run.id,
          label: `${run.name} · ${formatDate(run.createdAt)}`,
        })),
        ...missing.map((id) => ({ value: id, label: id })),
      ]}
      value={[...chosen]}
      onChange={choose}
      maxValues={MOST_RUNS}
      searchable
      nothingFoundMessage="No finished run is called so"
      hidePickedOptions
      my="md"
    />
  );
}

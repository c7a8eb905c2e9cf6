import { Anchor, Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { BankCost, BankSummary, BankTrial, Smaller } from '../../shared/contract/banks.ts';
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatPoints,
  formatWholePercent,
} from '../format.ts';
import { hrefTo } from '../shell/pages.ts';
import { useMakeBank } from './use-make-bank.ts';

interface Props {
  readonly bank: BankSummary;
  readonly smaller: Smaller;
  readonly trial: BankTrial;
  /** Back to the settings. */
  readonly again: () => void;
  readonly close: () => void;
}

/** What a smaller bank saves and costs, and whether to keep it. */
export function TrialResult({ bank, smaller, trial, again, close }: Props) {
  const [name, setName] = useState(() =>
    `${bank.name}, ${smaller.by === 'quantize' ? `${smaller.bits}-bit` : `${smaller.keep}-token`}`.slice(
      0,
      120,
    ),
  );
  const [busy, setBusy] = useState(false);
  const make = useMakeBank();
  const keep = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const input = { id: bank.id, hash: trial.hash, by: smaller.by, name: name.trim() };
    if ((await make('banks.keep', input)) !== undefined) close();
    setBusy(false);
  };
  const { before, after } = trial.bytes;
  return (
    <form onSubmit={keep}>
      <Stack>
        <Text>
          In one file its numbers take {formatBytes(after)} instead of {formatBytes(before)}:{' '}
          {formatPercent(1 - after / before)} less.
        </Text>
        <Cost cost={trial.cost} />
        {smaller.by === 'prune' && <Kept prompts={trial.prompts} />}
        {smaller.by === 'quantize' && (
          <Text size="sm" c="dimmed">
            PEFT folders hold the rounded numbers in full, since PEFT reads nothing else.
          </Text>
        )}
        <TextInput
          label="Name"
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group>
          <Button type="submit" loading={busy} disabled={name.trim() === ''}>
            Keep as a new bank
          </Button>
          <Button variant="default" onClick={again}>
            Try something else
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Cost({ cost }: { cost: BankCost | null }) {
  if (cost === null) {
    return <Text>What that costs in accuracy was not measured: no run here has its model.</Text>;
  }
  const { run, before, after, difference } = cost;
  return (
    <Text role="status">
      On {formatCount(after.count)} questions of{' '}
      <Anchor href={hrefTo('runs', run.id)} underline="always">
        {run.name}
      </Anchor>{' '}
      it answers <strong>{formatPercent(after.mean)}</strong> rightly, this bank{' '}
      {formatPercent(before.mean)}. {changeInWords(difference)}
    </Text>
  );
}

function changeInWords({ value, interval: { low, high } }: BankCost['difference']): string {
  if (low === 0 && high === 0) return 'No answer gains or loses.';
  const points = `${formatPoints(value)} points, 95% interval ${formatPoints(low)} to ${formatPoints(high)}`;
  return low <= 0 && high >= 0
    ? `${points}: the difference can be chance.`
    : `${points}: the difference is more than chance.`;
}

/** How much of what each prompt's tokens matter is kept. */
function Kept({ prompts }: Pick<BankTrial, 'prompts'>) {
  return (
    <Table.ScrollContainer
      minWidth="0"
      maxHeight="16rem"
      scrollAreaProps={{ tabIndex: 0, 'aria-label': 'Pruned prompts' }}
    >
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Prompt</Table.Th>
            <Table.Th>Tokens</Table.Th>
            <Table.Th>Influence kept</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {prompts.map(({ name, before, after, kept }) => (
            <Table.Tr key={name}>
              <Table.Td>{name}</Table.Td>
              <Table.Td>
                {formatCount(before)} → {formatCount(after)}
              </Table.Td>
              <Table.Td>{kept === null ? '–' : formatWholePercent(kept)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

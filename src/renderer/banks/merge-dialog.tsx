import { List, Text } from '@mantine/core';
import type { BankSummary } from '../../shared/contract/banks.ts';
import { NameDialog } from '../components/name-dialog.tsx';
import { describePrompts } from './describe.ts';
import { useMakeBank } from './use-make-bank.ts';

interface Props {
  readonly close: () => void;
  readonly banks: readonly BankSummary[];
  readonly merged: () => void;
}

/** One bank out of several; those they come from stay. */
export function MergeDialog({ close, banks, merged }: Props) {
  const make = useMakeBank();
  const sameModel = new Set(banks.map(({ modelHash }) => modelHash)).size <= 1;
  return (
    <NameDialog
      title="Merge banks"
      verb="Merge"
      name={banks
        .map((bank) => bank.name)
        .join(' + ')
        .slice(0, 120)}
      disabled={!sameModel}
      close={close}
      save={async (name) => {
        const ids = banks.map(({ id }) => id);
        const bank = await make('banks.merge', { ids, name });
        if (bank !== undefined) merged();
        return bank;
      }}
    >
      <Text size="sm">
        A new bank with the prompts of all of these; for each input one of them is chosen.
      </Text>
      <List size="sm" mt="xs">
        {banks.map((bank) => (
          <List.Item key={bank.id}>
            {bank.name} ({describePrompts(bank.prompts)})
          </List.Item>
        ))}
      </List>
      {!sameModel && (
        <Text size="sm" c="red" mt="xs" role="alert">
          These banks were made for different models, so they cannot be merged.
        </Text>
      )}
    </NameDialog>
  );
}

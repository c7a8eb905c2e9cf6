import { Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { BankDetail } from '../../shared/contract/banks.ts';
import { promptNameFaults } from '../../shared/prompt-names.ts';
import { NameDialog } from '../components/name-dialog.tsx';
import { useMakeBank } from './use-make-bank.ts';

interface Props {
  readonly bank: BankDetail;
  readonly close: () => void;
}

/** Other names for the bank's prompts, in a bank beside it. */
export function RenameDialog({ bank: { id, name, prompts }, close }: Props) {
  const make = useMakeBank();
  const [names, setNames] = useState(prompts.map((prompt) => prompt.name));
  const changed = prompts.flatMap((prompt, i): [string, string][] =>
    prompt.name === names[i] ? [] : [[prompt.name, names[i]!]],
  );
  const faults = promptNameFaults(names).map((fault, i) =>
    prompts[i]!.name === names[i] ? null : fault,
  );
  return (
    <NameDialog
      title="Rename prompts"
      verb="Rename"
      label="Name of the new bank"
      name={`${name}, renamed`.slice(0, 120)}
      disabled={changed.length === 0 || faults.some((fault) => fault !== null)}
      close={close}
      save={(title) =>
        make('banks.renamePrompts', { id, prompts: Object.fromEntries(changed), name: title })
      }
    >
      A bank never changes, so that what was measured with it stays true. This makes a new one with
      the same prompts under other names; folders that it is exported to are named after them.
      <Stack gap="xs" mt="sm">
        {prompts.map((prompt, i) => (
          <TextInput
            key={prompt.name}
            label={prompt.name}
            value={names[i]!}
            error={faults[i]}
            onChange={(event) => setNames(names.with(i, event.currentTarget.value))}
          />
        ))}
      </Stack>
    </NameDialog>
  );
}

import { Button, Group, List, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { BankSummary } from '../../shared/contract/banks.ts';
import { goTo } from '../shell/pages.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction } from '../use-call.ts';
import { describePrompts } from './describe.ts';

interface Props {
  readonly opened: boolean;
  readonly close: () => void;
  readonly banks: readonly BankSummary[];
  readonly merged: () => void;
}

/** One bank out of several; those they come from stay. */
export function MergeDialog({ opened, close, banks, merged }: Props) {
  const [name, setName] = useState(() =>
    banks
      .map((bank) => bank.name)
      .join(' + ')
      .slice(0, 120),
  );
  const [busy, setBusy] = useState(false);
  const act = useAction();
  const { show } = useToasts();
  const sameModel = new Set(banks.map(({ modelHash }) => modelHash)).size <= 1;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const ids = banks.map(({ id }) => id);
    const bank = await act('banks.merge', { ids, name: name.trim() }, ['banks.list']);
    setBusy(false);
    if (bank === undefined) return;
    close();
    merged();
    show({ title: `“${bank.name}” was made` });
    goTo('banks', bank.id);
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title="Merge banks"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            A new bank with the prompts of all of these; for each input one of them is chosen.
          </Text>
          <List size="sm">
            {banks.map((bank) => (
              <List.Item key={bank.id}>
                {bank.name} ({describePrompts(bank.prompts)})
              </List.Item>
            ))}
          </List>
          {!sameModel && (
            <Text size="sm" c="red" role="alert">
              These banks were made for different models, so they cannot be merged.
            </Text>
          )}
          <TextInput
            label="Name"
            data-autofocus
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Group>
            <Button type="submit" loading={busy} disabled={!sameModel || name.trim() === ''}>
              Merge
            </Button>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

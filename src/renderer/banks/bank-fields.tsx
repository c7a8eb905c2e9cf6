import { Button, Group, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { BankDetail } from '../../shared/contract/banks.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction } from '../use-call.ts';

const STALE = ['banks.list', 'banks.show'] as const;

/** What people make of a bank; only what was changed is sent. */
export function BankFields({ bank }: { bank: BankDetail }) {
  const [name, setName] = useState(bank.name);
  const [tags, setTags] = useState([...bank.tags]);
  const [notes, setNotes] = useState(bank.notes);
  const act = useAction();
  const { show } = useToasts();
  const { id } = bank;
  const title = name.trim();
  const changedTags = JSON.stringify(tags) !== JSON.stringify(bank.tags);
  const changed = title !== bank.name || changedTags || notes !== bank.notes;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const answers = [
      title === bank.name || (await act('banks.rename', { id, name: title }, STALE)),
      !changedTags || (await act('banks.tag', { id, tags }, STALE)),
      notes === bank.notes || (await act('banks.notes', { id, notes }, STALE)),
    ];
    if (answers.every(Boolean)) show({ title: 'Saved' });
  };
  return (
    <form onSubmit={save}>
      <Stack gap="sm" maw="36rem">
        <TextInput
          label="Name"
          maxLength={120}
          value={name}
          error={title === '' && 'A bank needs a name.'}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TagsInput
          label="Tags"
          description="Enter after each"
          maxTags={20}
          value={tags}
          onChange={setTags}
        />
        <Textarea
          label="Notes"
          autosize
          minRows={2}
          maxLength={10_000}
          value={notes}
          onChange={(event) => setNotes(event.currentTarget.value)}
        />
        <Group>
          <Button type="submit" disabled={!changed || title === ''}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

import { Button, Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { GenerationRequest } from '../../shared/contract/playground.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction } from '../use-call.ts';

const LONGEST_NAME = 120;

interface Props {
  readonly request: GenerationRequest | null;
  readonly outputs: readonly string[];
  readonly disabled: boolean;
}

/** Keeps the input and what was said under a name. */
export function SaveCase({ request, outputs, disabled }: Props) {
  const act = useAction();
  const { show } = useToasts();
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState('');
  const save = async () => {
    if (request === null) return;
    const given = { name, request, outputs: [...outputs] };
    const saved = await act('playground.saveCase', given, ['playground.cases']);
    if (saved === undefined) return;
    setOpened(false);
    setName('');
    show({ title: `Kept as "${saved.name}"` });
  };
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus position="bottom-end" shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          disabled={disabled || request === null}
          onClick={() => setOpened(!opened)}
        >
          Save as a case
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            // React passes events on through the popover, to the form around the button.
            event.stopPropagation();
            void save();
          }}
        >
          <TextInput
            label="Name of the case"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={LONGEST_NAME}
            data-autofocus
            required
          />
          <Button type="submit" size="xs" mt="xs" disabled={name.trim() === ''}>
            Save
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

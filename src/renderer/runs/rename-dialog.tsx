import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';

interface Props {
  readonly name: string;
  readonly close: () => void;
  /** Answers undefined when it failed, and the dialog stays. */
  readonly rename: (name: string) => Promise<unknown>;
}

export function RenameDialog({ name, close, rename }: Props) {
  const [text, setText] = useState(name);
  const trimmed = text.trim();
  return (
    <Modal opened onClose={close} title="Rename" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          if (trimmed !== '' && (await rename(trimmed)) !== undefined) close();
        }}
      >
        <TextInput
          data-autofocus
          label="Name"
          maxLength={120}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" disabled={trimmed === ''}>
            Rename
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

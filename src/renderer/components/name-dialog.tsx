import { Box, Button, Group, Modal, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';

interface Props {
  readonly title: string;
  readonly name: string;
  /** What the button does: "Rename". */
  readonly verb: string;
  /** What is named, where it must be said. */
  readonly label?: string;
  readonly children?: ReactNode;
  /** Whether the name alone is not enough. */
  readonly disabled?: boolean;
  readonly close: () => void;
  /** Answers undefined when it failed, and the dialog stays. */
  readonly save: (name: string) => Promise<unknown>;
}

/** Asks for a name, and does with it what the button says. */
export function NameDialog({ title, name, verb, children, disabled = false, ...then }: Props) {
  const { close, save, label = 'Name' } = then;
  const [text, setText] = useState(name);
  const [busy, setBusy] = useState(false);
  const trimmed = text.trim();
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          setBusy(true);
          const saved = await save(trimmed);
          setBusy(false);
          if (saved !== undefined) close();
        }}
      >
        {children && (
          <Box fz="sm" mb="md">
            {children}
          </Box>
        )}
        <TextInput
          data-autofocus
          label={label}
          maxLength={120}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={disabled || trimmed === ''}>
            {verb}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

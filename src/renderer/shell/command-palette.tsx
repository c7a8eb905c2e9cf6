import { Kbd, Modal, Text, TextInput, useMantineColorScheme } from '@mantine/core';
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react';
import { SearchIcon } from '../components/icons.tsx';
import { copyText } from '../save-file.ts';
import { useAction, useCall } from '../use-call.ts';
import { goTo, PAGES } from './pages.ts';
import { useToasts } from './toasts.tsx';

interface Command {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly keys?: string;
  readonly run: () => void;
}

const MOST_SHOWN = 12;

/** Everything that can be gone to or done, by a few letters of its name. */
export function CommandPalette({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal.Root
      opened={opened}
      onClose={close}
      size="lg"
      yOffset="12vh"
      centered={false}
      lockScroll={false}
      transitionProps={{ duration: 80 }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label="Search and commands">
        {opened && <Palette close={close} />}
      </Modal.Content>
    </Modal.Root>
  );
}

function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const listId = useId();
  const commands = useCommands();
  const found = useMemo(() => search(commands, text).slice(0, MOST_SHOWN), [commands, text]);
  const optionId = (index: number) => `${listId}-${index}`;
  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    close();
    command.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') run(found[chosen]);
    else if (event.key === 'ArrowDown') setChosen((chosen + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp')
      setChosen((chosen + found.length - 1) % Math.max(1, found.length));
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    document.getElementById(`${listId}-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen, listId]);
  return (
    <>
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        px="md"
        leftSection={<SearchIcon size={18} />}
        placeholder="Go to a page or run, or do something"
        aria-label="Search and commands"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={found.length > 0 ? optionId(chosen) : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKey}
      />
      <div className="commands" role="listbox" id={listId} aria-label="Commands">
        {found.map((command, index) => (
          // The input keeps the focus and handles every key.
          // biome-ignore lint/a11y/useKeyWithClickEvents: see above
          <div
            key={command.id}
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="command"
            onMouseMove={() => setChosen(index)}
            onClick={() => run(command)}
          >
            <span>{command.title}</span>
            <Text span size="xs" c="dimmed">
              {command.hint}
            </Text>
            {command.keys && <Kbd size="xs">{command.keys}</Kbd>}
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <Text p="md" c="dimmed" role="status">
          Nothing is called that.
        </Text>
      )}
    </>
  );
}

function useCommands(): readonly Command[] {
  const { called } = useCall('runs.list', {});
  const { setColorScheme } = useMantineColorScheme();
  const act = useAction();
  const { show } = useToasts();
  const runs = called.state === 'ready' ? called.value : [];
  return [
    ...PAGES.map(({ name, title, key }) => ({
      id: `page-${name}`,
      title,
      hint: 'Page',
      keys: `g ${key}`,
      run: () => goTo(name),
    })),
    ...runs.map(({ id, name, tags }) => ({
      id: `run-${id}`,
      title: name,
      hint: ['Run', ...tags].join(' · '),
      run: () => goTo('runs', id),
    })),
    ...(['light', 'dark', 'auto'] as const).map((scheme) => ({
      id: `scheme-${scheme}`,
      title: scheme === 'auto' ? 'Colours as the system' : `Colours: ${scheme}`,
      hint: 'Appearance',
      run: () => setColorScheme(scheme),
    })),
    {
      id: 'diagnostics',
      title: 'Copy diagnostics',
      hint: 'Help',
      run: async () => {
        const answer = await act('system.diagnostics', {});
        if (answer && (await copyText(answer.text))) show({ title: 'Diagnostics copied' });
      },
    },
  ];
}

/** Those that hold every word, names that begin with the text first. */
function search(commands: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = commands.filter(({ title, hint }) =>
    words.every((word) => `${title} ${hint}`.toLowerCase().includes(word)),
  );
  const begins = ({ title }: Command) => Number(!title.toLowerCase().startsWith(words[0] ?? ''));
  return matching.toSorted((a, b) => begins(a) - begins(b));
}

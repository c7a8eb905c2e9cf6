import { Button, Checkbox, Code, Group, Table, Text, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import type { BankDetail } from '../../shared/contract/banks.ts';
import { NameDialog } from '../components/name-dialog.tsx';
import { describePrompts, shortHash } from './describe.ts';
import { RenameDialog } from './rename-dialog.tsx';
import { useMakeBank } from './use-make-bank.ts';

/** The bank's prompts; some of them, or all under other names, can become a bank of their own. */
export function PromptList({ bank }: { bank: BankDetail }) {
  const { prompts } = bank;
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [splitting, setSplitting] = useState(false);
  const make = useMakeBank();
  const [renaming, setRenaming] = useState(false);
  const deleted = bank.deletedAt !== null;
  const splits = prompts.length > 1 && !deleted;
  const some = prompts.filter(({ name }) => chosen.includes(name));
  const toggle = (name: string) =>
    setChosen(chosen.includes(name) ? chosen.filter((x) => x !== name) : [...chosen, name]);
  return (
    <>
      <div className="table-scroll">
        <Table className="bank-table">
          <Table.Thead>
            <Table.Tr>
              {splits && (
                <Table.Th className="choose">
                  <VisuallyHidden>Choose</VisuallyHidden>
                </Table.Th>
              )}
              <Table.Th>Name</Table.Th>
              <Table.Th>Virtual tokens</Table.Th>
              <Table.Th className="more">Hash of its weights</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {prompts.map(({ name, tokens, hash }) => (
              <Table.Tr key={name}>
                {splits && (
                  <Table.Td>
                    <Checkbox
                      aria-label={`Choose ${name}`}
                      checked={chosen.includes(name)}
                      onChange={() => toggle(name)}
                    />
                  </Table.Td>
                )}
                <Table.Td className="prompt-name">{name}</Table.Td>
                <Table.Td>{tokens}</Table.Td>
                <Table.Td className="more">
                  <Code title={hash}>{shortHash(hash)}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {!deleted && (
        <Group mt="sm" gap="sm">
          <Button variant="default" onClick={() => setRenaming(true)}>
            Rename…
          </Button>
          {splits && (
            <Button
              variant="default"
              disabled={some.length === 0 || some.length === prompts.length}
              onClick={() => setSplitting(true)}
            >
              Split off…
            </Button>
          )}
          <Text size="sm" c="dimmed">
            Each makes a bank of its own; this one stays as it is.
          </Text>
        </Group>
      )}
      {renaming && <RenameDialog bank={bank} close={() => setRenaming(false)} />}
      {splitting && (
        <NameDialog
          title="Split off prompts"
          verb="Split off"
          name={`${bank.name}: ${some.map(({ name }) => name).join(', ')}`.slice(0, 120)}
          close={() => setSplitting(false)}
          save={(name) =>
            make('banks.split', { id: bank.id, prompts: some.map((prompt) => prompt.name), name })
          }
        >
          A new bank with {describePrompts(some)}.
        </NameDialog>
      )}
    </>
  );
}

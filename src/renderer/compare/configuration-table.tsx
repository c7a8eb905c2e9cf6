import { Switch, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { Comparison } from '../../shared/contract/compare.ts';
import { settingWords } from '../../shared/setting-words.ts';

/** JSON's words for people. */
const WORDS: Readonly<Record<string, string>> = { null: 'none', true: 'yes', false: 'no' };

/** What the runs were told to do, field by field. */
export function ConfigurationTable({ comparison }: { comparison: Comparison }) {
  const { runs, configuration } = comparison;
  const several = runs.length > 1;
  const [onlyDifferences, setOnlyDifferences] = useState(several);
  const rows = configuration.filter(({ differs }) => !onlyDifferences || differs);
  return (
    <>
      <Switch
        label="Differences only"
        checked={onlyDifferences}
        onChange={(event) => setOnlyDifferences(event.currentTarget.checked)}
        disabled={!several}
        description={several ? undefined : 'Choose a second run to see what differs'}
        mb="md"
      />
      {rows.length === 0 ? (
        <Text c="dimmed">These runs have the same settings throughout.</Text>
      ) : (
        <Table.ScrollContainer minWidth={480}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Setting</Table.Th>
                {runs.map(({ id, name }) => (
                  <Table.Th scope="col" key={id}>
                    {name}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ path, values, differs }) => (
                <Table.Tr key={path} className={differs ? 'differs' : undefined}>
                  <Table.Th scope="row" title={path}>
                    {settingWords(path)}
                  </Table.Th>
                  {values.map((value, i) => (
                    <Table.Td key={runs[i]!.id}>
                      {value === null ? '–' : (WORDS[value] ?? value)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </>
  );
}

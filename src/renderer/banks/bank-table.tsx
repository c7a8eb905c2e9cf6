import { Badge, Button, Checkbox, Group, Table, Text, VisuallyHidden } from '@mantine/core';
import type { BankSummary } from '../../shared/contract/banks.ts';
import { formatDate } from '../format.ts';
import { hrefTo } from '../shell/pages.ts';
import { describeOrigin, describePrompts } from './describe.ts';
import { Recovered } from './recovered.tsx';
import { useBankBin } from './use-bank-bin.ts';

interface Props {
  readonly banks: readonly BankSummary[];
  readonly bin: boolean;
  readonly chosen: ReadonlySet<string>;
  readonly choose: (chosen: ReadonlySet<string>) => void;
}

export function BankTable({ banks, bin, chosen, choose }: Props) {
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    choose(next);
  };
  return (
    <Table.ScrollContainer
      minWidth="var(--bank-table)"
      scrollAreaProps={{ tabIndex: 0, 'aria-label': 'Banks' }}
    >
      <Table highlightOnHover verticalSpacing="sm" className="bank-table">
        <Table.Thead>
          <Table.Tr>
            {!bin && (
              <Table.Th className="choose">
                <VisuallyHidden>Choose</VisuallyHidden>
              </Table.Th>
            )}
            <Table.Th>Bank</Table.Th>
            <Table.Th className="more">Holds</Table.Th>
            <Table.Th>Accuracy</Table.Th>
            <Table.Th className="more">Made</Table.Th>
            <Table.Th>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {banks.map((bank) => (
            <BankRow
              key={bank.id}
              bank={bank}
              bin={bin}
              chosen={chosen.has(bank.id)}
              toggle={() => toggle(bank.id)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface RowProps {
  readonly bank: BankSummary;
  readonly bin: boolean;
  readonly chosen: boolean;
  readonly toggle: () => void;
}

function BankRow({ bank, bin, chosen, toggle }: RowProps) {
  const { remove, restore } = useBankBin();
  return (
    <Table.Tr>
      {!bin && (
        <Table.Td>
          <Checkbox aria-label={`Choose ${bank.name}`} checked={chosen} onChange={toggle} />
        </Table.Td>
      )}
      <Table.Td>
        <a className="bank-name" href={hrefTo('banks', bank.id)}>
          {bank.name}
        </a>
        <Group gap={4} mt={2}>
          <Text size="xs" c="dimmed">
            {describeOrigin(bank)} · {bank.model}
          </Text>
          {bank.tags.map((tag) => (
            <Badge key={tag} size="xs" variant="default" tt="none">
              {tag}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td className="more">
        <Text size="sm">{describePrompts(bank.prompts)}</Text>
      </Table.Td>
      <Table.Td>
        <Recovered results={bank.results} />
      </Table.Td>
      <Table.Td className="more">
        <Text size="sm">{formatDate(bank.createdAt)}</Text>
      </Table.Td>
      <Table.Td>
        {bin ? (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => restore(bank)}
            aria-label={`Restore ${bank.name}`}
          >
            Restore
          </Button>
        ) : (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => remove(bank)}
            aria-label={`Delete ${bank.name}`}
          >
            Delete
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

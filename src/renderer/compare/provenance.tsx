import { Code, Popover, Text, UnstyledButton } from '@mantine/core';
import type { Arm } from '../../shared/results.ts';
import { copyText } from '../save-file.ts';
import { useToasts } from '../shell/toasts.tsx';
import './provenance.css';

const SHORT = 7;

interface Props {
  readonly arm: Arm;
  readonly seeds: readonly number[];
}

/** What made a number or a text: short hashes to tell apart by eye, whole ones to copy. */
export function Provenance({ arm, seeds }: Props) {
  const { show } = useToasts();
  const facts = provenanceFacts(arm, seeds);
  const hashes = [arm.weightsHash, arm.bankHash, arm.adapterHash].flatMap((hash) => hash ?? []);
  const copy = async () => {
    const text = facts.map(([name, value]) => `${name}: ${value}`).join('\n');
    if (await copyText(text)) show({ title: 'Hashes copied' });
  };
  return (
    <Popover width={420} position="bottom-start" shadow="md" withinPortal trapFocus={false}>
      <Popover.Target>
        <UnstyledButton className="provenance-badge">
          <span className="visually-hidden">What made {arm.label}: </span>
          {hashes.map((hash) => hash.slice(0, SHORT)).join(' + ')}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <dl className="provenance-facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Code>{value}</Code>
              </dd>
            </div>
          ))}
        </dl>
        <Text size="xs" c="dimmed" mb={6}>
          The same hash is the same bytes: SHA-256 over the files that were read.
        </Text>
        <UnstyledButton className="text-button" onClick={() => void copy()}>
          Copy
        </UnstyledButton>
      </Popover.Dropdown>
    </Popover>
  );
}

function provenanceFacts(
  { weightsHash, bankHash, adapterHash, selector }: Arm,
  seeds: readonly number[],
): readonly (readonly [name: string, value: string])[] {
  const chosen = selector && [
    selector.kind,
    ...(selector.layer === undefined ? [] : [`attention of block ${selector.layer}`]),
    ...(selector.prompt === undefined ? [] : [selector.prompt]),
  ];
  return [
    ['Weights', weightsHash],
    ...(bankHash === undefined ? [] : [['Bank', bankHash] as const]),
    ...(adapterHash === undefined ? [] : [['Adapter', adapterHash] as const]),
    ...(chosen === undefined ? [] : [['Selector', chosen.join(', ')] as const]),
    [seeds.length === 1 ? 'Seed' : 'Seeds', seeds.join(', ')],
  ];
}

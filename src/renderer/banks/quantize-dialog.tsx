import { Button, Group, Modal, Radio, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { BankSizes, BankSummary } from '../../shared/contract/banks.ts';
import { formatBytes, formatPercent } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { goTo } from '../shell/pages.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction, useCall } from '../use-call.ts';

type Bits = 8 | 4;

interface Props {
  readonly bank: BankSummary;
  readonly close: () => void;
}

/** A smaller bank beside this one: what it saves and how far its numbers move, before it is made. */
export function QuantizeDialog({ bank, close }: Props) {
  const { called, retry } = useCall('banks.sizes', { id: bank.id });
  return (
    <Modal
      opened
      onClose={close}
      title="Quantise this bank"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && <Choice bank={bank} sizes={called.value} close={close} />}
    </Modal>
  );
}

function Choice({ bank, sizes, close }: Props & { readonly sizes: BankSizes }) {
  const [bits, setBits] = useState<Bits>(8);
  const [name, setName] = useState<string>();
  const [busy, setBusy] = useState(false);
  const act = useAction();
  const { show } = useToasts();
  const shownName = name ?? `${bank.name}, ${bits}-bit`.slice(0, 120);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const input = { id: bank.id, bits, name: shownName.trim() };
    const made = await act('banks.quantize', input, ['banks.list']);
    setBusy(false);
    if (made === undefined) return;
    close();
    show({
      title: `“${made.name}” was made`,
      detail: 'Compare it on a run to see what it costs.',
    });
    goTo('banks', made.id);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">
          Every virtual token gets a scale and whole numbers of few bits. This bank stays as it is;
          in one file its numbers take {formatBytes(sizes.bytes)}.
        </Text>
        <Radio.Group
          label="Bits per number"
          value={String(bits)}
          onChange={(value) => setBits(value === '4' ? 4 : 8)}
        >
          <Stack gap="xs" mt="xs">
            {sizes.quantized.map((option) => (
              <Radio
                key={option.bits}
                value={String(option.bits)}
                label={`${option.bits} bits: ${formatBytes(option.bytes)}`}
                description={`${formatPercent(1 - option.bytes / sizes.bytes)} smaller; the numbers move by ${formatPercent(option.error)} of their size`}
              />
            ))}
          </Stack>
        </Radio.Group>
        <TextInput
          label="Name"
          maxLength={120}
          value={shownName}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Text size="sm" c="dimmed">
          What that costs in accuracy only a measurement tells: compare the new bank on a run. PEFT
          folders hold the rounded numbers in full, since PEFT reads nothing else.
        </Text>
        <Group>
          <Button type="submit" loading={busy} disabled={shownName.trim() === ''}>
            Quantise
          </Button>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

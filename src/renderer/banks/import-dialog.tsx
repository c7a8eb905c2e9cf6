import { Button, FileButton, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { BankCheck, BankSource } from '../../shared/contract/banks.ts';
import { toBase64 } from '../base64.ts';
import { DropBox } from '../components/drop-box.tsx';
import { Failure, Waiting } from '../notice.tsx';
import { goTo } from '../shell/pages.ts';
import { useToasts } from '../shell/toasts.tsx';
import { reportOf, useAction, useClient } from '../use-call.ts';
import { describePrompts, shortHash } from './describe.ts';

/** As the contract bounds it: larger ones are imported by their path. */
const LARGEST = 32 * 2 ** 20;

type Step =
  | { readonly at: 'choose' }
  | { readonly at: 'checking' }
  | { readonly at: 'checked'; readonly source: BankSource; readonly check: BankCheck };

/** Choose a file or folder, see what it is and whether it fits, and only then take it in. */
export function ImportDialog({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={close}
      title="Import a bank"
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {opened && <Import close={close} />}
    </Modal>
  );
}

function Import({ close }: { close: () => void }) {
  const client = useClient();
  const act = useAction();
  const { show, showError } = useToasts();
  const [step, setStep] = useState<Step>({ at: 'choose' });
  const restart = () => setStep({ at: 'choose' });

  const check = async (read: () => Promise<BankSource>) => {
    setStep({ at: 'checking' });
    try {
      const source = await read();
      setStep({ at: 'checked', source, check: await client.call('banks.check', { source }) });
    } catch (error) {
      showError(reportOf(error));
      restart();
    }
  };
  const take = async (source: BankSource, name: string) => {
    const bank = await act('banks.import', { source, name }, ['banks.list']);
    if (bank === undefined) return;
    close();
    show({ title: `“${bank.name}” was imported` });
    goTo('banks', bank.id);
  };

  if (step.at === 'checking') return <Waiting what="Checking the bank…" />;
  if (step.at === 'choose') return <Choose check={check} tooLarge={showError} />;
  const { source } = step;
  return <Checked check={step.check} again={restart} take={(name) => take(source, name)} />;
}

interface ChooseProps {
  readonly check: (read: () => Promise<BankSource>) => void;
  readonly tooLarge: (error: { code: string; message: string; next: string }) => void;
}

function Choose({ check, tooLarge }: ChooseProps) {
  const [path, setPath] = useState('');
  const choose = (file: File | null | undefined) => {
    if (!file) return;
    if (file.size > LARGEST) {
      tooLarge({
        code: 'ARGUMENT_INVALID',
        message: `${file.name} is too large to be sent through the page.`,
        next: 'Put it on the machine that computes, and give its path.',
      });
      return;
    }
    check(async () => ({ name: file.name, base64: await toBase64(file) }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim() !== '') check(async () => ({ path: path.trim() }));
  };
  return (
    <Stack>
      <DropBox onFile={choose}>
        <Text>Drop a bank file here, or</Text>
        <FileButton
          onChange={choose}
          accept=".safetensors"
          inputProps={{ 'aria-label': 'Bank file' }}
        >
          {(props) => (
            <Button {...props} data-autofocus>
              Choose a file
            </Button>
          )}
        </FileButton>
      </DropBox>
      <form onSubmit={submit}>
        <Group align="end" wrap="nowrap">
          <TextInput
            className="grow"
            label="Or a folder or file on the machine that computes"
            placeholder="/path/to/bank"
            value={path}
            onChange={(event) => setPath(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" disabled={path.trim() === ''}>
            Check
          </Button>
        </Group>
      </form>
    </Stack>
  );
}

interface CheckedProps {
  readonly check: BankCheck;
  readonly again: () => void;
  readonly take: (name: string) => Promise<void>;
}

function Checked({ check, again, take }: CheckedProps) {
  const [name, setName] = useState(check.name ?? '');
  const [busy, setBusy] = useState(false);
  if (!check.ok) {
    return (
      <Stack>
        {check.problems.map((problem) => (
          <Failure
            key={problem.message}
            error={problem}
            action={
              <Button size="xs" data-autofocus variant="default" onClick={again}>
                Choose another
              </Button>
            }
          />
        ))}
        <Text size="sm" c="dimmed">
          Nothing was imported.
        </Text>
      </Stack>
    );
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    await take(name.trim());
    setBusy(false);
  };
  const { length } = check.fitsRuns;
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text role="status">
          Sound: {describePrompts(check.prompts)}, hash <code>{shortHash(check.hash ?? '')}</code>.
          It fits the model of {length === 1 ? 'one run' : `${length} runs`} here.
        </Text>
        <TextInput
          label="Name"
          data-autofocus
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group>
          <Button type="submit" loading={busy} disabled={name.trim() === ''}>
            Import
          </Button>
          <Button variant="default" onClick={again}>
            Choose another
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

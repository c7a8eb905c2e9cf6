import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { BankFormat, BankSummary, ExportedBank } from '../../shared/contract/banks.ts';
import { fromBase64 } from '../base64.ts';
import { formatBytes } from '../format.ts';
import { saveBlob } from '../save-file.ts';
import { useAction } from '../use-call.ts';

const FORMATS: readonly (readonly [BankFormat, string, string])[] = [
  ['peft', 'PEFT folders', 'One folder per prompt and a manifest; Python’s PEFT loads them.'],
  ['file', 'One file', 'Everything in one file, to give to someone who imports it here.'],
  ['json', 'JSON', 'All numbers as text, to read anywhere.'],
];

/** Writes the bank where this machine keeps exports, and hands single files to the reader. */
export function ExportButtons({ bank }: { bank: BankSummary }) {
  const act = useAction();
  const [busy, setBusy] = useState<BankFormat | null>(null);
  const [exported, setExported] = useState<ExportedBank | null>(null);
  const run = async (format: BankFormat) => {
    setBusy(format);
    const answer = await act('banks.export', { id: bank.id, format });
    setBusy(null);
    if (answer === undefined) return;
    setExported(answer);
    const { file } = answer;
    if (file) saveBlob(file.name, new Blob([fromBase64(file.base64)], { type: file.type }));
  };
  return (
    <Stack gap="sm">
      {FORMATS.map(([format, title, meaning]) => (
        <Group key={format} gap="sm" wrap="nowrap">
          <Button
            className="export-button"
            variant="default"
            loading={busy === format}
            onClick={() => run(format)}
            aria-label={`Export as ${title}`}
          >
            {title}
          </Button>
          <Text size="sm" c="dimmed">
            {meaning}
          </Text>
        </Group>
      ))}
      <div role="status" className="exported">
        {exported && (
          <Text size="sm">
            Exported ({formatBytes(exported.bytes)}) to <Code>{exported.path}</Code>
          </Text>
        )}
      </div>
    </Stack>
  );
}

import { Anchor, Button, Code, Paper, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { describeCompression } from '../../shared/compression.ts';
import type { BankDetail } from '../../shared/contract/banks.ts';
import { PageHeader } from '../components/page-header.tsx';
import { formatBytes, formatDate, formatPercent } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { BankFields } from './bank-fields.tsx';
import { CompareBank } from './compare-bank.tsx';
import { describeOrigin, describePrompts, shortHash } from './describe.ts';
import { ExportButtons } from './export-buttons.tsx';
import { PromptList } from './prompt-list.tsx';
import { Recovered } from './recovered.tsx';
import { ShrinkDialog } from './shrink-dialog.tsx';
import { useBankBin } from './use-bank-bin.ts';

/** One bank: what it holds, what it brought back, where it comes from, and ways out of here. */
export function BankPanel({ id }: { id: string }) {
  const { called, retry } = useCall('banks.show', { id });
  return (
    <>
      <Anchor href={hrefTo('banks')} size="sm">
        ← All banks
      </Anchor>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && <BankView bank={called.value} />}
    </>
  );
}

function BankView({ bank }: { bank: BankDetail }) {
  const { remove, restore } = useBankBin();
  const [shrinking, setShrinking] = useState(false);
  const deleted = bank.deletedAt !== null;
  return (
    <Stack gap="lg" mt="xs">
      <PageHeader
        title={bank.name}
        actions={
          <>
            {!deleted && (
              <Button variant="default" onClick={() => setShrinking(true)}>
                Make smaller…
              </Button>
            )}
            <Button variant="default" onClick={() => (deleted ? restore(bank) : remove(bank))}>
              {deleted ? 'Restore' : 'Delete'}
            </Button>
          </>
        }
      >
        {describeOrigin(bank)} · {describePrompts(bank.prompts)} · {formatBytes(bank.bytes)} ·{' '}
        {formatDate(bank.createdAt)}
      </PageHeader>
      <Paper withBorder p="md">
        <Title order={2} size="h4" mb="xs">
          Use it elsewhere
        </Title>
        <ExportButtons bank={bank} />
      </Paper>
      <Paper withBorder p="md">
        <Title order={2} size="h4" mb="xs">
          What it brought back
        </Title>
        <Measured bank={bank} />
        {!deleted && <CompareBank bank={bank} />}
      </Paper>
      <Paper withBorder p="md">
        <Title order={2} size="h4" mb="xs">
          Prompts
        </Title>
        <PromptList key={bank.hash} bank={bank} />
      </Paper>
      <Paper withBorder p="md">
        <Title order={2} size="h4" mb="xs">
          Name, tags and notes
        </Title>
        <BankFields key={bank.hash} bank={bank} />
      </Paper>
      <Paper withBorder p="md">
        <Title order={2} size="h4" mb="xs">
          Where it comes from
        </Title>
        <Provenance bank={bank} />
      </Paper>
      {shrinking && <ShrinkDialog bank={bank} close={() => setShrinking(false)} />}
    </Stack>
  );
}

function Measured({ bank }: { bank: BankDetail }) {
  if (bank.results === null) {
    return (
      <Text c="dimmed">
        Nothing has measured this bank here yet. Compare it on a run: it then answers the run’s
        inputs like the run’s own arms.
      </Text>
    );
  }
  const { original, compressed, repaired } = bank.results;
  const back = repaired - compressed;
  const lost = original - compressed;
  return (
    <Stack gap="xs">
      <Text>
        The compressed model answers {formatPercent(compressed)} of the inputs rightly, with this
        bank {formatPercent(repaired)}; the original {formatPercent(original)}.
        {lost > 0 && back > 0 && ` That is ${formatPercent(back / lost)} of what was lost.`}
      </Text>
      <Recovered results={bank.results} />
      <Anchor href={hrefTo('compare', bank.results.runId)}>See the comparison</Anchor>
    </Stack>
  );
}

function Provenance({ bank }: { bank: BankDetail }) {
  const { recipe } = bank;
  return (
    <dl className="bank-facts">
      <dt>Base model</dt>
      <dd>{bank.model}</dd>
      <dt>Its weights</dt>
      <dd>
        <Code title={bank.modelHash}>{shortHash(bank.modelHash)}</Code>
      </dd>
      <dt>This bank</dt>
      <dd>
        <Code title={bank.hash}>{shortHash(bank.hash)}</Code>
      </dd>
      {recipe && (
        <>
          <dt>Compression</dt>
          <dd>{describeCompression(recipe.compression)}</dd>
          <dt>Tuning</dt>
          <dd>
            {recipe.tuning.steps} steps per prompt, seed {bank.seed}
          </dd>
        </>
      )}
      {bank.runId !== null && (
        <>
          <dt>Run</dt>
          <dd>
            <Anchor href={hrefTo('runs', bank.runId)}>{bank.runId}</Anchor>
          </dd>
        </>
      )}
    </dl>
  );
}

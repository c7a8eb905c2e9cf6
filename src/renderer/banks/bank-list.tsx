import { Button, Group, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import { BanksIcon, SearchIcon } from '../components/icons.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { Empty, Failure, Waiting } from '../notice.tsx';
import { hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { BankTable } from './bank-table.tsx';
import { matches } from './describe.ts';
import { ImportDialog } from './import-dialog.tsx';
import { MergeDialog } from './merge-dialog.tsx';

/** All banks: search, choose some to merge, import, and the bin. */
export function BankList() {
  const [bin, setBin] = useState(false);
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<'import' | 'merge' | null>(null);
  const { called, retry } = useCall('banks.list', { deleted: bin });
  const banks = called.state === 'ready' ? called.value : [];
  const shown = banks.filter((bank) => matches(bank, search));
  const merging = banks.filter(({ id }) => chosen.has(id));
  const show = (deleted: boolean) => {
    setBin(deleted);
    setChosen(new Set());
  };
  return (
    <>
      <PageHeader
        title="Prompt banks"
        actions={<Button onClick={() => setDialog('import')}>Import a bank</Button>}
      />
      <Teaching />
      <Group mb="md" gap="sm">
        <TextInput
          className="bank-search"
          aria-label="Search banks"
          placeholder="Search names, tags, prompts"
          leftSection={<SearchIcon size={16} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label="Which banks"
          value={bin ? 'bin' : 'library'}
          onChange={(value) => show(value === 'bin')}
          data={[
            { value: 'library', label: 'Library' },
            { value: 'bin', label: 'Bin' },
          ]}
        />
        {!bin && (
          <Button
            variant="default"
            disabled={merging.length < 2}
            onClick={() => setDialog('merge')}
          >
            {merging.length < 2 ? 'Merge' : `Merge ${merging.length}`}
          </Button>
        )}
      </Group>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' &&
        (banks.length === 0 ? (
          <NoBanks bin={bin} />
        ) : shown.length === 0 ? (
          <Empty title="No bank matches the search">Try fewer or other words.</Empty>
        ) : (
          <BankTable banks={shown} bin={bin} chosen={chosen} choose={setChosen} />
        ))}
      <ImportDialog opened={dialog === 'import'} close={() => setDialog(null)} />
      {dialog === 'merge' && (
        <MergeDialog
          close={() => setDialog(null)}
          banks={merging}
          merged={() => setChosen(new Set())}
        />
      )}
    </>
  );
}

/** What a soft prompt is, in a picture and two sentences. */
function Teaching() {
  return (
    <div className="teaching">
      <svg viewBox="0 0 240 40" role="img" aria-label="Learned words placed before an input">
        {[0, 1, 2, 3].map((i) => (
          <rect
            key={i}
            className="teaching-learned"
            x={2 + i * 26}
            y="8"
            width="22"
            height="24"
            rx="5"
          />
        ))}
        {[0, 1, 2, 3, 4].map((i) => (
          <rect
            key={i}
            className="teaching-input"
            x={112 + i * 26}
            y="8"
            width="22"
            height="24"
            rx="5"
          />
        ))}
      </svg>
      <p>
        A soft prompt is a few learned “words” (gold) placed before the input: they nudge a
        compressed model towards what it still knows. A bank holds several, and for each input the
        model’s own attention picks the one that helps.
      </p>
    </div>
  );
}

function NoBanks({ bin }: { bin: boolean }) {
  if (bin) {
    return (
      <Empty icon={<BanksIcon size={32} />} title="The bin is empty">
        Deleted banks wait here for 30 days.
      </Empty>
    );
  }
  return (
    <Empty
      icon={<BanksIcon size={32} />}
      title="No banks yet"
      action={
        <Button component="a" href={hrefTo('new')}>
          Start a repair
        </Button>
      }
    >
      Every repair leaves its bank here. A bank that someone gave you can be imported, once a run
      here has made the model that it mends.
    </Empty>
  );
}

import './models.css';
import { Button, Group, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Download } from '../../shared/contract/hub.ts';
import type { Library } from '../../shared/contract/library.ts';
import { PageHeader } from '../components/page-header.tsx';
import { formatBytes } from '../format.ts';
import { Empty, Failure, Waiting } from '../notice.tsx';
import { useToasts } from '../shell/toasts.tsx';
import { useAction, useCall } from '../use-call.ts';
import { useChooseModel } from '../wizard/use-choose-model.ts';
import { DownloadProgress } from './download-progress.tsx';
import { HubModelDetails } from './hub-model.tsx';
import { HubSearch } from './hub-search.tsx';
import { LibraryTable } from './library-table.tsx';
import { LocalFolder } from './local-folder.tsx';
import { useDownloads } from './use-downloads.ts';

/** The models of this machine: what there is, what it takes, and where more come from. */
export function ModelsPage() {
  const [bin, setBin] = useState(false);
  const { called, retry } = useCall('library.list', { removed: bin });
  const downloads = useDownloads();
  const { start } = useChooseModel();
  const { show } = useToasts();
  return (
    <div className="page">
      <PageHeader
        title="Models"
        actions={
          <SegmentedControl
            aria-label="Which models"
            value={bin ? 'bin' : 'library'}
            onChange={(value) => setBin(value === 'bin')}
            data={[
              { value: 'library', label: 'Library' },
              { value: 'bin', label: 'Bin' },
            ]}
          />
        }
      >
        What can be repaired on this machine, and where more comes from.
      </PageHeader>
      {called.state === 'waiting' && <Waiting />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && <Shelf library={called.value} bin={bin} use={start} />}
      {!bin && (
        <>
          {downloads.length > 0 && <Downloads downloads={downloads} />}
          <section className="card" aria-labelledby="hub">
            <h2 className="card-title" id="hub">
              From the hub
            </h2>
            <HubSearch
              kind="model"
              details={(id) => <HubModelDetails id={id} downloads={downloads} use={start} />}
            />
          </section>
          <LocalFolder
            action="Check and add"
            onImported={() => show({ title: 'The folder is in the library' })}
          />
        </>
      )}
    </div>
  );
}

interface ShelfProps {
  readonly library: Library;
  readonly bin: boolean;
  readonly use: (model: string) => void;
}

function Shelf({ library: { models, cache, free }, bin, use }: ShelfProps) {
  const act = useAction();
  const { show } = useToasts();
  if (bin && models.length === 0) {
    return <Empty title="The bin is empty">Removed models wait here for 30 days.</Empty>;
  }
  const taken = models.reduce((sum, { kind, bytes }) => sum + (kind === 'hub' ? bytes : 0), 0);
  const emptyBin = async () => {
    const done = await act('library.emptyBin', {}, ['library.list']);
    if (done)
      show({ title: 'The bin is empty', detail: `${formatBytes(done.freed)} are free again.` });
  };
  return (
    <div>
      <LibraryTable models={models} bin={bin} use={use} />
      <Group justify="space-between" mt="xs" gap="sm">
        <p className="faint library-place">
          {formatBytes(taken)} downloaded, {formatBytes(free)} free. Downloads are kept in{' '}
          <code>{cache}</code>, which Hugging Face’s other tools share.
        </p>
        {bin && taken > 0 && (
          <Button size="xs" color="red" variant="outline" onClick={() => void emptyBin()}>
            Delete all for good
          </Button>
        )}
      </Group>
    </div>
  );
}

function Downloads({ downloads }: { downloads: readonly Download[] }) {
  return (
    <section className="card" aria-labelledby="downloads">
      <h2 className="card-title" id="downloads">
        Downloads
      </h2>
      <ul className="download-list">
        {downloads.map((download) => (
          <li key={download.id}>
            <span className="hub-name">{download.name}</span>
            <DownloadProgress download={download} />
          </li>
        ))}
      </ul>
    </section>
  );
}

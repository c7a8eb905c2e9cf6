import './models.css';
import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Download, HubDataset } from '../../shared/contract/hub.ts';
import { formatBytes, formatCount } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { useAction, useCall } from '../use-call.ts';
import { DownloadProgress } from './download-progress.tsx';
import { HubSearch } from './hub-search.tsx';
import { useDownloads } from './use-downloads.ts';

interface Props {
  readonly close: () => void;
  /** Given the path of a downloaded file. */
  readonly use: (path: string) => void;
}

/** A dataset of the hub: found, one of its files fetched, and used. */
export function DatasetDialog({ close, use }: Props) {
  const downloads = useDownloads();
  return (
    <Modal
      opened
      onClose={close}
      title="Data from the hub"
      size="xl"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <HubSearch
        kind="dataset"
        details={(id) => <DatasetFiles id={id} downloads={downloads} use={use} />}
      />
    </Modal>
  );
}

interface FilesProps extends Pick<Props, 'use'> {
  readonly id: string;
  readonly downloads: readonly Download[];
}

/** Files shown at once: some datasets have thousands. */
const MOST = 100;

function DatasetFiles({ id, downloads, use }: FilesProps) {
  const { called, retry } = useCall('hub.dataset', { id });
  const [filter, setFilter] = useState('');
  if (called.state === 'waiting') return <Waiting what="Asking the hub…" />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  const { files, gated } = called.value;
  const current = downloads.find(
    ({ kind, name, status }) => kind === 'dataset' && name === id && status !== 'done',
  );
  const matching = files.filter(({ path }) => path.toLowerCase().includes(filter.toLowerCase()));
  return (
    <div className="hub-details">
      {gated && (
        <p className="faint">Its authors let people in who accept their terms on its page.</p>
      )}
      {files.length === 0 && <p className="faint">It has no file that can be read here.</p>}
      {files.length > 8 && (
        <TextInput
          aria-label={`Filter the files of ${id}`}
          placeholder="validation, en, .parquet …"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      {current && <DownloadProgress download={current} />}
      <ul className="dataset-files" aria-label={`Files of ${id}`}>
        {matching.slice(0, MOST).map((file) => (
          <File key={file.path} id={id} file={file} busy={current !== undefined} use={use} />
        ))}
      </ul>
      {matching.length > MOST && (
        <p className="faint">{formatCount(matching.length - MOST)} more: filter to see them.</p>
      )}
    </div>
  );
}

interface FileProps extends Pick<Props, 'use'> {
  readonly id: string;
  readonly file: HubDataset['files'][number];
  readonly busy: boolean;
}

function File({ id, file: { path, bytes, local }, busy, use }: FileProps) {
  const act = useAction();
  const download = () => void act('downloads.start', { kind: 'dataset', id, paths: [path] });
  return (
    <li>
      <span>
        {path} <span className="faint">{formatBytes(bytes)}</span>
      </span>
      {local === null ? (
        <Button
          size="compact-sm"
          variant="default"
          disabled={busy}
          onClick={download}
          aria-label={`Download ${path}`}
        >
          Download
        </Button>
      ) : (
        <Button size="compact-sm" onClick={() => use(local)} aria-label={`Use ${path}`}>
          Use
        </Button>
      )}
    </li>
  );
}

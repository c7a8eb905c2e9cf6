import { Button, Group, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { ModelReport } from '../../shared/contract/library.ts';
import { CheckIcon, FolderIcon } from '../components/icons.tsx';
import { Failure, Waiting } from '../notice.tsx';
import { reportOf, useCall, useClient } from '../use-call.ts';
import { FolderDialog } from './folder-dialog.tsx';
import { ModelReportView } from './model-report.tsx';

type Check =
  | { readonly state: 'idle' }
  | { readonly state: 'checking' }
  | { readonly state: 'read'; readonly name: string; readonly report: ModelReport }
  | { readonly state: 'failed'; readonly error: ErrorReport };

interface Props {
  /** What the button does besides the check. */
  readonly action: string;
  /** Told of a folder that is in order and now in the library: what a recipe would say. */
  readonly onImported: (model: string) => void;
}

/** A folder on the machine that computes, taken into the library once its files are found in order. */
export function LocalFolder({ action, onImported }: Props) {
  const client = useClient();
  const queries = useQueryClient();
  const { called: system } = useCall('system.info', {});
  const [path, setPath] = useState('');
  const [browsing, setBrowsing] = useState(false);
  const [check, setCheck] = useState<Check>({ state: 'idle' });
  const run = async (folder: string) => {
    if (folder.trim() === '') return;
    setPath(folder);
    setCheck({ state: 'checking' });
    try {
      const report = await client.call('library.inspect', { path: folder.trim() });
      const name = folder.trim().split(/[\\/]/).filter(Boolean).at(-1) ?? folder;
      setCheck({ state: 'read', name, report });
      if (report.problems.length > 0) return;
      const { model } = await client.call('library.import', { path: folder.trim() });
      await queries.invalidateQueries({ queryKey: ['library.list'] });
      onImported(model);
    } catch (error) {
      setCheck({ state: 'failed', error: reportOf(error) });
    }
  };
  const browse = async () => {
    if (system.state !== 'ready' || !system.value.canChooseFolder) return setBrowsing(true);
    const chosen = await client.call('system.chooseFolder', {});
    if (chosen.path !== null) await run(chosen.path);
  };
  return (
    <section className="card local" aria-labelledby="local">
      <h2 className="card-title" id="local">
        A folder of your own
      </h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(path);
        }}
      >
        <Group align="flex-end" gap="sm">
          <TextInput
            className="grow"
            label="Folder"
            description="In Hugging Face layout: config.json, tokenizer.json and safetensors. It stays where it is."
            placeholder="/home/me/models/my-model"
            leftSection={<FolderIcon size={16} />}
            value={path}
            onChange={(event) => setPath(event.currentTarget.value)}
          />
          <Button variant="default" onClick={browse}>
            Browse…
          </Button>
          <Button
            type="submit"
            variant="default"
            loading={check.state === 'checking'}
            disabled={path.trim() === ''}
          >
            {action}
          </Button>
        </Group>
      </form>
      {check.state === 'checking' && <Waiting what="Reading all of it…" />}
      {check.state === 'read' && <Finding name={check.name} report={check.report} />}
      {check.state === 'failed' && <Failure error={check.error} retry={() => void run(path)} />}
      {browsing && (
        <FolderDialog
          close={() => setBrowsing(false)}
          choose={(folder) => {
            setBrowsing(false);
            void run(folder);
          }}
        />
      )}
    </section>
  );
}

function Finding({ name, report }: { name: string; report: ModelReport }) {
  return (
    <div className="finding">
      {report.problems.length === 0 && (
        <p className="checked" role="status">
          <CheckIcon size={18} /> {name} is in order.
        </p>
      )}
      <ModelReportView report={report} />
    </div>
  );
}

import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { ModelInfo } from '../../shared/contract/wizard.ts';
import { CheckIcon, FolderIcon } from '../components/icons.tsx';
import { formatAgo, formatBytes, formatCompact, formatCount } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { reportOf, useCall, useClient } from '../use-call.ts';
import { setDraft, useDraft, withModel } from './draft.ts';
import { FolderDialog } from './folder-dialog.tsx';
import { Choice } from './settings.tsx';

export function ModelStep() {
  const { draft, recipe } = useDraft();
  const { called, retry } = useCall('models.recent', {});
  const [checked, setChecked] = useState<ModelInfo>();
  const choose = (info: ModelInfo) => setDraft(withModel(draft, info));
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  const known = called.value.filter(({ model }) => model !== checked?.model);
  const models = checked ? [...known, { ...checked, lastUsed: null }] : known;
  return (
    <>
      <Choice
        label="Model"
        value={recipe.model}
        choices={models.map((info) => ({
          value: info.model,
          title: info.model === 'starter' ? 'Starter model' : info.name,
          text:
            info.model === 'starter'
              ? 'Comes with Kintsugi and knows some geography, people and words. Nothing to download.'
              : describeModel(info),
          note: [
            `${formatCompact(info.parameters)} parameters · ${formatBytes(info.bytes)}`,
            info.lastUsed === null ? '' : `used ${formatAgo(info.lastUsed, Date.now())}`,
          ]
            .filter(Boolean)
            .join(' · '),
          disabled: info.quantized,
        }))}
        onChange={(model) => {
          const info = models.find((known) => known.model === model);
          if (info !== undefined) choose(info);
        }}
      />
      <LocalFolder
        onChecked={(info) => {
          setChecked(info);
          if (!info.quantized) choose(info);
        }}
      />
    </>
  );
}

function describeModel({ architecture, layers, hiddenSize, quantized }: ModelInfo): string {
  const shape = `${architecture}, ${formatCount(layers)} layers of width ${formatCount(hiddenSize)}`;
  return quantized ? `${shape}. Compressed already: choose the original.` : shape;
}

type Check =
  | { readonly state: 'idle' }
  | { readonly state: 'checking' }
  | { readonly state: 'good'; readonly info: ModelInfo }
  | { readonly state: 'bad'; readonly error: ErrorReport };

/** A folder on the machine that computes, accepted once its files are found in order. */
function LocalFolder({ onChecked }: { onChecked: (info: ModelInfo) => void }) {
  const client = useClient();
  const { called: system } = useCall('system.info', {});
  const [path, setPath] = useState('');
  const [browsing, setBrowsing] = useState(false);
  const [check, setCheck] = useState<Check>({ state: 'idle' });
  const run = async (folder: string) => {
    if (folder.trim() === '') return;
    setPath(folder);
    setCheck({ state: 'checking' });
    try {
      const info = await client.call('models.check', { path: folder.trim() });
      setCheck({ state: 'good', info });
      onChecked(info);
    } catch (error) {
      setCheck({ state: 'bad', error: reportOf(error) });
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
            description="In Hugging Face layout: config.json, tokenizer.json and safetensors."
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
            Check and use
          </Button>
        </Group>
      </form>
      {check.state === 'good' && (
        <p className="checked" role="status">
          <CheckIcon size={18} /> {check.info.name} is in order: {describeModel(check.info)}.
        </p>
      )}
      {check.state === 'bad' && <Failure error={check.error} retry={() => void run(path)} />}
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

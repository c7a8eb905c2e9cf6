import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Download, HubModel } from '../../shared/contract/hub.ts';
import { CheckIcon } from '../components/icons.tsx';
import { formatBytes, formatCompact, formatCount } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { useAction, useCall } from '../use-call.ts';
import { DownloadProgress } from './download-progress.tsx';
import { NeedList } from './need-list.tsx';

interface Props {
  readonly id: string;
  readonly downloads: readonly Download[];
  /** Given what a recipe would say, once the model is here. */
  readonly use: (model: string) => void;
}

/** Everything to know of a model of the hub before it is downloaded. */
export function HubModelDetails({ id, downloads, use }: Props) {
  const { called, retry } = useCall('hub.model', { id });
  if (called.state === 'waiting') return <Waiting what="Asking the hub…" />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  const model = called.value;
  return (
    <div className="hub-details">
      <Facts model={model} />
      {model.problem && <Failure error={model.problem} />}
      <Actions model={model} downloads={downloads} use={use} />
    </div>
  );
}

function Facts({ model }: { model: HubModel }) {
  const { parameters, bytes, files, licence, gated, memory, disk, architecture } = model;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Architecture', architecture ?? 'not said'],
    ['Parameters', parameters === null ? 'not said' : formatCompact(parameters)],
    [
      'Download',
      files === 0 ? 'nothing usable' : `${formatBytes(bytes)} in ${formatCount(files)} files`,
    ],
    ['Licence', licence ?? 'not said'],
    ['Access', gated ? 'after accepting its authors’ terms' : 'open'],
    [
      'Memory for a quick repair',
      memory === null ? 'not known' : <NeedList key="m" need={memory} />,
    ],
    ['Disk', files === 0 ? 'not known' : <NeedList key="d" need={disk} />],
  ];
  return (
    <dl className="model-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Actions({ model, downloads, use }: Omit<Props, 'id'> & { readonly model: HubModel }) {
  const act = useAction();
  const current = downloads.find(
    ({ kind, name, status }) => kind === 'model' && name === model.id && status !== 'done',
  );
  if (current) return <DownloadProgress download={current} />;
  const here = model.model;
  if (here !== null) {
    return (
      <Group gap="sm">
        <span className="checked">
          <CheckIcon size={18} /> On this machine
        </span>
        <Button size="xs" onClick={() => use(here)}>
          Use {model.id}
        </Button>
      </Group>
    );
  }
  // What its authors must allow may have been allowed by the time of the click.
  const hopeless = model.problem !== null && model.problem.code !== 'HUB_GATED';
  if (hopeless) return null;
  return (
    <Group>
      <Button
        size="xs"
        disabled={model.disk.fit === 'wont-fit'}
        onClick={() => void act('downloads.start', { kind: 'model', id: model.id })}
      >
        Download {formatBytes(model.bytes)}
      </Button>
      {model.disk.fit === 'wont-fit' && (
        <span className="faint">There is no room on the disk.</span>
      )}
    </Group>
  );
}

import { Button, Group } from '@mantine/core';
import type { LibraryModel } from '../../shared/contract/library.ts';
import { formatAgo, formatBytes, formatCompact } from '../format.ts';
import { useLibraryBin } from './use-library-bin.ts';

interface Props {
  readonly models: readonly LibraryModel[];
  readonly bin: boolean;
  readonly use: (model: string) => void;
}

const ORIGINS: Readonly<Record<LibraryModel['kind'], string>> = {
  starter: 'Comes with Kintsugi',
  hub: 'From the hub',
  folder: 'A folder of your own',
};

/** The models of this machine, with what each takes on the disk. */
export function LibraryTable({ models, bin, use }: Props) {
  return (
    // A keyboard must be able to scroll it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section className="table-scroll" tabIndex={0} aria-label="Models of this machine">
      <table className="table library">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Architecture</th>
            <th scope="col" className="number">
              Parameters
            </th>
            <th scope="col" className="number">
              On disk
            </th>
            <th scope="col">State</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <Row key={model.model} model={model} bin={bin} use={use} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ model, bin, use }: { model: LibraryModel; bin: boolean; use: Props['use'] }) {
  const { name, kind, folder, bytes, report, lastUsed } = model;
  const used = lastUsed === null ? '' : ` · used ${formatAgo(lastUsed, Date.now())}`;
  return (
    <tr>
      <th scope="row" title={folder ?? undefined}>
        <span className="hub-name">{name}</span>
        <span className="faint library-origin">
          {ORIGINS[kind]}
          {used}
        </span>
      </th>
      <td>{report.architecture ?? '–'}</td>
      <td className="number">
        {report.parameters === null ? '–' : formatCompact(report.parameters)}
      </td>
      <td className="number">{formatBytes(bytes)}</td>
      <td>
        <State model={model} />
      </td>
      <td>{bin ? <BinActions model={model} /> : <Actions model={model} use={use} />}</td>
    </tr>
  );
}

function State({ model: { report } }: { model: LibraryModel }) {
  const [problem] = report.problems;
  if (problem === undefined) {
    return <span className="badge done">{report.quantization ?? 'Ready'}</span>;
  }
  return (
    <span className="badge failed library-problem" title={problem.next}>
      {problem.message}
    </span>
  );
}

function Actions({ model, use }: { model: LibraryModel; use: Props['use'] }) {
  const { remove } = useLibraryBin();
  const { name, kind, report } = model;
  return (
    <Group gap="xs" wrap="nowrap">
      {report.problems.length === 0 && report.quantization === null && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => use(model.model)}
          aria-label={`Repair ${name}`}
        >
          Repair
        </Button>
      )}
      {kind !== 'starter' && (
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          onClick={() => void remove(model)}
          aria-label={`Remove ${name}`}
        >
          Remove
        </Button>
      )}
    </Group>
  );
}

function BinActions({ model }: { model: LibraryModel }) {
  const { restore, erase } = useLibraryBin();
  const { name, kind } = model;
  return (
    <Group gap="xs" wrap="nowrap">
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => void restore(model)}
        aria-label={`Restore ${name}`}
      >
        Restore
      </Button>
      {kind === 'hub' && (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          onClick={() => void erase(model)}
          aria-label={`Delete ${name} for good`}
        >
          Delete for good
        </Button>
      )}
    </Group>
  );
}

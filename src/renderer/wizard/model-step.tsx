import '../models/models.css';
import type { LibraryModel } from '../../shared/contract/library.ts';
import { modelName } from '../../shared/model-name.ts';
import { formatAgo, formatBytes, formatCompact, formatCount } from '../format.ts';
import { HubModelDetails } from '../models/hub-model.tsx';
import { HubSearch } from '../models/hub-search.tsx';
import { LocalFolder } from '../models/local-folder.tsx';
import { useDownloads } from '../models/use-downloads.ts';
import { Failure, Waiting } from '../notice.tsx';
import { useCall } from '../use-call.ts';
import { useDraft } from './draft.ts';
import { Choice } from './settings.tsx';
import { useChooseModel } from './use-choose-model.ts';

/** A model of this machine, or one that is fetched from the hub or a folder first. */
export function ModelStep() {
  const { recipe } = useDraft();
  const downloads = useDownloads();
  const { choose, checking, error } = useChooseModel();
  const use = (model: string) => void choose(model);
  return (
    <>
      <Shelf chosen={recipe.model} use={use} />
      {checking !== undefined && <Waiting what={`Reading all of ${modelName(checking)}…`} />}
      {error && <Failure error={error} />}
      <section className="card hub" aria-labelledby="hub">
        <h2 className="card-title" id="hub">
          From the hub
        </h2>
        <HubSearch
          kind="model"
          details={(id) => <HubModelDetails id={id} downloads={downloads} use={use} />}
        />
      </section>
      <LocalFolder action="Check and use" onImported={use} />
    </>
  );
}

/** The models that are here already. */
function Shelf({ chosen, use }: { chosen: string; use: (model: string) => void }) {
  const { called, retry } = useCall('library.list', {});
  if (called.state === 'waiting') return <Waiting />;
  if (called.state === 'failed') return <Failure error={called.error} retry={retry} />;
  return (
    <Choice
      label="Model"
      value={chosen}
      choices={called.value.models.map((model) => ({
        value: model.model,
        title: model.name,
        text: describe(model),
        note: noteOf(model),
        disabled: model.report.problems.length > 0 || model.report.quantization !== null,
      }))}
      onChange={use}
    />
  );
}

function describe({ kind, report }: LibraryModel): string {
  if (kind === 'starter')
    return 'Comes with Kintsugi and knows some geography, people and words. Nothing to download.';
  const [problem] = report.problems;
  if (problem !== undefined) return problem.message;
  const { architecture, layers, hiddenSize, quantization } = report;
  const shape = `${architecture}, ${formatCount(layers ?? 0)} layers of width ${formatCount(hiddenSize ?? 0)}`;
  return quantization === null ? shape : `${shape}. Compressed already: choose the original.`;
}

function noteOf({ report, bytes, lastUsed }: LibraryModel): string {
  const parameters = report.parameters;
  return [
    parameters === null ? '' : `${formatCompact(parameters)} parameters`,
    formatBytes(bytes),
    lastUsed === null ? '' : `used ${formatAgo(lastUsed, Date.now())}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

import { type Command, Option } from 'commander';
import type { LibraryModel, ModelReport } from '../../../shared/contract/library.ts';
import { type Library, openLibrary } from '../../hub/library.ts';
import { parseRepository, type RepositoryKind } from '../../hub/repository.ts';
import type { AddAction } from '../action.ts';
import { type Context, type Outcome, withStore } from '../context.ts';
import { download, openOwnHub } from '../download.ts';
import { formatBytes, formatCompact, formatCount, formatTable } from '../format.ts';
import { integer } from '../options.ts';

interface KindOptions {
  readonly dataset?: boolean;
}

export function addModelsCommand(program: Command, addAction: AddAction): void {
  const models = program
    .command('models')
    .description('searches the hub, downloads, and looks after the models of this machine');
  addAction<KindOptions & { readonly limit: number }>(
    models
      .command('search <query>')
      .description('repositories of the hub, the most downloaded first')
      .option('--dataset', 'datasets instead of models')
      .option('--limit <n>', 'how many at most', integer('--limit', 1, 200), 20),
    (options, context, query) => search(query!, options, context),
  );
  addAction<KindOptions & { readonly file?: string[] }>(
    models
      .command('download <id>')
      .description('fetches org/name[@revision] into the cache that Hugging Face’s tools share')
      .option('--dataset', 'a dataset instead of a model')
      .addOption(new Option('--file <path...>', 'of a dataset: only these files')),
    (options, context, id) => fetchRepository(id!, options, context),
  );
  addAction(
    models.command('list', { isDefault: true }).description('the models of this machine'),
    (_, context) => withLibrary(context, list),
  );
  addAction(
    models
      .command('import <folder>')
      .description('checks a folder and adds it to the list; it stays where it is'),
    (_, context, folder) => withLibrary(context, (library) => importFolder(library, folder!)),
  );
  addAction(
    models
      .command('remove <model>')
      .description('deletes a downloaded model from the cache, or forgets a folder'),
    (_, context, model) => withLibrary(context, (library) => remove(library, model!)),
  );
}

const kindOf = ({ dataset }: KindOptions): RepositoryKind => (dataset ? 'dataset' : 'model');

async function search(
  query: string,
  options: KindOptions & { readonly limit: number },
  context: Context,
): Promise<Outcome> {
  const { searchHub } = await import('../../hub/search.ts');
  const { isSupported } = await import('../../compute/recognise.ts');
  const kind = kindOf(options);
  const { entries, more } = await searchHub(openOwnHub(context), kind, query, options.limit);
  const document = entries.map((entry) => ({
    ...entry,
    supported: isSupported(entry.architecture),
  }));
  if (entries.length === 0) return { document, text: `The hub has nothing called "${query}".` };
  const rows = document.map((entry) => [
    entry.id,
    ...(kind === 'model' ? [formatCompact(entry.parameters), fitness(entry)] : []),
    entry.licence ?? '',
    entry.gated ? 'on request' : 'open',
    formatCount(entry.downloads),
  ]);
  const head = ['id', ...(kind === 'model' ? ['parameters', 'runs here'] : [])];
  const table = formatTable([[...head, 'licence', 'access', 'downloads'], ...rows]);
  return { document, text: more ? `${table}\n… and more: see --limit.` : table };
}

function fitness(entry: { readonly supported: boolean | null; readonly safetensors: boolean }) {
  if (!entry.safetensors) return 'no safetensors';
  return entry.supported === null ? 'unknown' : entry.supported ? 'yes' : 'not supported';
}

async function fetchRepository(
  id: string,
  options: KindOptions & { readonly file?: string[] },
  context: Context,
): Promise<Outcome> {
  const repository = parseRepository(id, kindOf(options));
  const { folder, bytes } = await download(openOwnHub(context), repository, context, options.file);
  return { document: { id, folder, bytes }, text: `${formatBytes(bytes)} in ${folder}` };
}

/** The library with the engine in this process. */
async function withLibrary(
  context: Context,
  use: (library: Library) => Promise<Outcome>,
): Promise<Outcome> {
  const { recognise } = await import('../../compute/recognise.ts');
  const { starter } = await import('../../compute/starter.ts');
  return withStore(context, ({ db }) =>
    use(openLibrary({ hub: openOwnHub(context), db, recognise, starter: starter.model })),
  );
}

async function list(library: Library): Promise<Outcome> {
  const { models, cache, free } = await library.list(false);
  const rows = models.map(({ name, kind, bytes, report }) => [
    name,
    kind,
    report.architecture ?? '',
    formatCompact(report.parameters),
    formatBytes(bytes),
    report.problems[0]?.message ?? 'ready',
  ]);
  const head = ['model', 'from', 'architecture', 'parameters', 'on disk', 'state'];
  return {
    document: { models, cache, free },
    text: `${formatTable([head, ...rows])}\n\ncache ${cache}, ${formatBytes(free)} free`,
  };
}

async function importFolder(library: Library, folder: string): Promise<Outcome> {
  const model = await library.import(folder);
  return { document: model, text: `${describe(model)}\n\nAdded; it stays where it is.` };
}

/** What was recognised, a line each. */
function describe({ folder, bytes, report }: LibraryModel): string {
  return [
    `folder         ${folder}`,
    ...reportLines(report).map(([what, value]) => `${what.padEnd(15)}${value}`),
    `on disk        ${formatBytes(bytes)}`,
  ].join('\n');
}

function reportLines(report: ModelReport): (readonly [string, string])[] {
  const { layers, hiddenSize, maxPositions } = report;
  return [
    ['architecture', report.architecture ?? 'unknown'],
    ['parameters', report.parameters === null ? 'unknown' : formatCount(report.parameters)],
    ['shape', `${layers} layers of width ${hiddenSize}, ${maxPositions} positions`],
    ['weights', report.quantization ?? report.dtypes.join(', ')],
    ['tokenizer', report.tokenizer ?? 'none'],
    ['chat template', report.chatTemplate ? 'yes' : 'no'],
  ];
}

async function remove(library: Library, model: string): Promise<Outcome> {
  const freed = await library.erase(model);
  const text =
    freed > 0
      ? `Deleted ${model}: ${formatBytes(freed)} are free again.`
      : `Forgot ${model}; its files stay.`;
  return { document: { removed: model, freed }, text };
}

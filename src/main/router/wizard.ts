import { createHash } from 'node:crypto';
import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { NamesOf } from '../../shared/contract/index.ts';
import type { FolderListing, PresetInfo } from '../../shared/contract/wizard.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { PRESET_NAMES, type PresetName } from '../../shared/presets.ts';
import { presetFor } from '../../shared/swept.ts';
import type { Handlers } from './handlers.ts';
import type { Services } from './services.ts';

export function wizardHandlers(
  services: Services,
): Handlers<
  NamesOf<'models'> | NamesOf<'data'> | NamesOf<'tasks'> | NamesOf<'presets'> | NamesOf<'estimate'>
> {
  const { compute, home } = services;
  return {
    'models.check': ({ path }) => compute.ask('model.check', { path }),
    'models.browse': ({ path }) => browse(path ?? homedir()),
    async 'data.preview'(source) {
      const path = 'path' in source ? resolve(source.path) : await keepData(home, source);
      return compute.ask('data.preview', { path });
    },
    'tasks.list': () => compute.ask('tasks.list', null),
    async 'presets.list'({ model = 'starter' }) {
      const limits = await compute.ask('model.check', { path: model });
      const info = async (name: PresetName): Promise<PresetInfo> => {
        const recipe = { ...presetFor(name, limits), model };
        return { name, recipe, estimate: await compute.ask('estimate.run', { recipe }) };
      };
      return Promise.all(PRESET_NAMES.map(info));
    },
    'estimate.run': ({ recipe }) => compute.ask('estimate.run', { recipe }),
  };
}

const MOST_FOLDERS = 1000;

async function browse(path: string): Promise<FolderListing> {
  const folder = resolve(path);
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw new KintsugiError('ARGUMENT_INVALID', `The folder cannot be read (${cause.message}).`, {
      next: 'Choose another folder.',
      file: folder,
      cause,
    });
  });
  const names = entries
    .filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'),
    )
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b))
    .slice(0, MOST_FOLDERS);
  const folders = await Promise.all(
    names.map(async (name) => ({
      name,
      path: join(folder, name),
      isModel: await isModelFolder(join(folder, name)),
    })),
  );
  const parent = dirname(folder);
  return { path: folder, parent: parent === folder ? null : parent, folders };
}

async function isModelFolder(path: string): Promise<boolean> {
  const names = await readdir(path).catch((): string[] => []);
  return names.includes('config.json') && names.some((name) => name.endsWith('.safetensors'));
}

/** Keeps a dropped file in the data folder under its content's hash. */
async function keepData(
  home: string,
  { name, content }: { readonly name: string; readonly content: string },
): Promise<string> {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const folder = join(home, 'data', hash);
  const plain = basename(name.replaceAll('\\', '/'), extname(name)).replaceAll(/[^\w. -]/g, '_');
  const file = join(folder, `${plain.slice(0, 100) || 'data'}${extname(name).slice(0, 10)}`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, content);
  return realpath(file);
}

import type { NamesOf } from '../../shared/contract/index.ts';
import { starter } from '../compute/starter.ts';
import { openLibrary } from '../hub/library.ts';
import type { Handlers } from './handlers.ts';
import type { Services } from './services.ts';

/** The models of this machine; their folders are read where the engine is. */
export function libraryHandlers({
  hub,
  store: { db },
  compute,
}: Services): Handlers<NamesOf<'library'>> {
  const library = openLibrary({
    hub,
    db,
    recognise: (folder, depth) => compute.ask('models.recognise', { folder, depth }),
    starter: starter.model,
  });
  const none = async (done: Promise<unknown>) => {
    await done;
    return null;
  };
  return {
    'library.list': ({ removed = false }) => library.list(removed),
    'library.inspect': ({ path }) =>
      compute.ask('models.recognise', { folder: path, depth: 'all' }),
    'library.import': ({ path }) => library.import(path),
    'library.remove': ({ model }) => none(library.remove(model)),
    'library.restore': ({ model }) => none(library.restore(model)),
    'library.erase': async ({ model }) => ({ freed: await library.erase(model) }),
    'library.emptyBin': async () => ({ freed: await library.emptyBin() }),
  };
}

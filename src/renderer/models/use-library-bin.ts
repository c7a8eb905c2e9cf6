import type { LibraryModel } from '../../shared/contract/library.ts';
import { formatBytes } from '../format.ts';
import { useToasts } from '../shell/toasts.tsx';
import { useAction } from '../use-call.ts';

const STALE = ['library.list', 'hub.model'] as const;

/** Into the bin, with the button that undoes it; out of it; and deleted for good. */
export function useLibraryBin() {
  const act = useAction();
  const { show } = useToasts();
  const restore = async ({ model, name }: LibraryModel) => {
    if ((await act('library.restore', { model }, STALE)) !== undefined)
      show({ title: `“${name}” is back` });
  };
  const remove = async (one: LibraryModel) => {
    const { model, name, kind } = one;
    if ((await act('library.remove', { model }, STALE)) === undefined) return;
    show({
      title: kind === 'hub' ? `“${name}” is in the bin` : `“${name}” is off the list`,
      detail:
        kind === 'hub'
          ? 'It keeps its place on the disk until it is deleted for good, after 30 days at the latest.'
          : 'Its files stay where they are.',
      action: { label: 'Undo', run: () => void restore(one) },
    });
  };
  const erase = async ({ model, name }: LibraryModel) => {
    const done = await act('library.erase', { model }, STALE);
    if (done !== undefined)
      show({ title: `“${name}” is deleted`, detail: `${formatBytes(done.freed)} are free again.` });
  };
  return { remove, restore, erase };
}

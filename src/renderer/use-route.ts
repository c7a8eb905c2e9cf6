import { useSyncExternalStore } from 'react';

/** What every page is given: the parts of the address after its own name. */
export interface PageProps {
  readonly parts: readonly string[];
}

/** The parts of the address after "#/": a reload or a link comes back to the same place. */
export function useRoute(): readonly string[] {
  const hash = useSyncExternalStore(onHashChange, () => window.location.hash);
  return hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decode);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function onHashChange(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

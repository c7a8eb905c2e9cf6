import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Download } from '../../shared/contract/hub.ts';
import type { CallName } from '../../shared/contract/index.ts';
import { useClient } from '../use-call.ts';

/** Answers that change when a download ends. */
const STALE: readonly CallName[] = ['library.list', 'hub.model', 'hub.dataset'];

/** The downloads as they go, newest first. */
export function useDownloads(): readonly Download[] {
  const client = useClient();
  const queries = useQueryClient();
  const [downloads, setDownloads] = useState<readonly Download[]>([]);
  const done = useRef('');
  useEffect(
    () =>
      client.subscribe(
        'downloads.watch',
        {},
        {
          event(list) {
            setDownloads(list);
            const now = list.flatMap(({ id, status }) => (status === 'done' ? [id] : [])).join();
            if (now === done.current) return;
            done.current = now;
            for (const name of STALE) void queries.invalidateQueries({ queryKey: [name] });
          },
        },
      ),
    [client, queries],
  );
  return downloads;
}

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { CallName } from '../shared/contract/index.ts';
import { useClient } from './use-call.ts';

const OF_RUNS: readonly CallName[] = [
  'runs.list',
  'runs.show',
  'banks.list',
  'sweeps.list',
  'sweeps.show',
];

/** Lists follow the runs: whatever another window, the queue or the command line changes shows here. */
export function useLiveLists(): void {
  const client = useClient();
  const queries = useQueryClient();
  useEffect(
    () =>
      client.subscribe(
        'runs.changes',
        {},
        {
          event: () => {
            for (const name of OF_RUNS) void queries.invalidateQueries({ queryKey: [name] });
          },
        },
      ),
    [client, queries],
  );
}

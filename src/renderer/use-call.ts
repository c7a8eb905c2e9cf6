import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useContext } from 'react';
import type { ErrorReport } from '../shared/contract/common.ts';
import type { CallName, Input, Output } from '../shared/contract/index.ts';
import { CallError, type Client, ClientContext } from './client.ts';
import { useToasts } from './shell/toasts.tsx';

export type Called<T> =
  | { readonly state: 'waiting' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly error: ErrorReport };

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('No client above this component');
  return client;
}

/**
 * Asks the main process, and again by `retry` or when something made the answer stale. What is shown
 * stays until the next answer is there; `null` as input asks nothing yet.
 */
export function useCall<Name extends CallName>(name: Name, input: Input<Name> | null) {
  const client = useClient();
  const query = useQuery({
    queryKey: [name, input],
    queryFn: () => client.call(name, input as Input<Name>),
    enabled: input !== null,
  });
  const called: Called<Output<Name>> =
    query.data !== undefined
      ? { state: 'ready', value: query.data }
      : query.error === null
        ? { state: 'waiting' }
        : { state: 'failed', error: reportOf(query.error) };
  return { called, retry: () => void query.refetch() };
}

/**
 * Asks for a change, tells of a failure in a toast, and makes the named answers stale.
 * Answers undefined when it failed.
 */
export function useAction() {
  const client = useClient();
  const queries = useQueryClient();
  const { showError } = useToasts();
  return useCallback(
    async <Name extends CallName>(
      name: Name,
      input: Input<Name>,
      stale: readonly CallName[] = [],
    ): Promise<Output<Name> | undefined> => {
      try {
        const value = await client.call(name, input);
        await Promise.all(stale.map((key) => queries.invalidateQueries({ queryKey: [key] })));
        return value;
      } catch (error) {
        showError(reportOf(error));
        return undefined;
      }
    },
    [client, queries, showError],
  );
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof CallError) return error.report;
  return {
    code: 'INTERNAL',
    message: `The screen met a fault of ours: ${error instanceof Error ? error.message : String(error)}`,
    next: 'Reload the page; if it happens again, copy the diagnostics in Settings and report it.',
  };
}

import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import type { InputFilter, InputPage, InputRow } from '../../shared/contract/compare.ts';
import { reportOf, useClient } from '../use-call.ts';

export interface InputsQuery {
  readonly runIds: readonly string[];
  readonly filter: InputFilter;
  readonly search: string;
  readonly task: string | null;
  readonly prompt: string | null;
}

const PAGE = 200;
/** Rows asked for beyond those in sight, before they are scrolled to. */
const AHEAD = 100;

/** The first part of the inputs that were asked for, with what there is to choose from. */
export function useInputs(query: InputsQuery) {
  const fetch = useFetch(query);
  const first = useQuery({ ...fetch(0), placeholderData: keepPreviousData });
  return {
    page: first.data,
    error: first.error === null ? null : reportOf(first.error),
    retry: () => void first.refetch(),
  };
}

/** Rows by number for the part of the table that is looked at; undefined while they are on their way. */
export function useRows(query: InputsQuery, from: number, to: number) {
  const fetch = useFetch(query);
  const first = Math.floor(Math.max(0, from - AHEAD) / PAGE);
  const count = Math.floor((to + AHEAD) / PAGE) - first + 1;
  const pages = useQueries({
    queries: Array.from({ length: count }, (_, i) => fetch(first + i)),
  });
  return (row: number): InputRow | undefined =>
    pages[Math.floor(row / PAGE) - first]?.data?.rows[row % PAGE];
}

function useFetch({ runIds, filter, search, task, prompt }: InputsQuery) {
  const client = useClient();
  const input = {
    runIds: [...runIds],
    filter,
    search,
    ...(task === null ? {} : { task }),
    ...(prompt === null ? {} : { prompt }),
  };
  return (page: number) => ({
    queryKey: ['compare.inputs', input, page],
    queryFn: (): Promise<InputPage> =>
      client.call('compare.inputs', { ...input, offset: page * PAGE, limit: PAGE }),
    staleTime: 60_000,
  });
}

import { useContext, useEffect, useState } from 'react';
import type { CallName, Input, Output } from '../shared/contract.ts';
import type { ErrorReport } from '../shared/contract-bridge.ts';
import { CallError, ClientContext } from './client.ts';

export type Called<T> =
  | { readonly state: 'waiting' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** How often a screen looks for news from runs that another process works on. */
const REFRESH_MS = 3000;

/**
 * Calls the main process, again while the window is visible, and by `retry`. Answers of an earlier
 * name or input are dropped, and what is shown stays until the next answer is there.
 */
export function useCall<Name extends CallName>(name: Name, input: Input<Name>) {
  const client = useContext(ClientContext);
  const key = JSON.stringify([name, input]);
  const [answer, setAnswer] = useState({
    key,
    called: { state: 'waiting' } as Called<Output<Name>>,
  });
  const [attempt, setAttempt] = useState(0);

  // key stands for name and input, whose identity changes at every render; attempt is for retry.
  useEffect(() => {
    let current = true;
    const show = (called: Called<Output<Name>>) => current && setAnswer({ key, called });
    const call = () =>
      client(name, input).then(
        (value) => show({ state: 'ready', value }),
        (error) => show({ state: 'failed', error: reportOf(error) }),
      );
    call();
    const timer = setInterval(() => document.hidden || call(), REFRESH_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [client, key, attempt]);

  const called: Called<Output<Name>> = answer.key === key ? answer.called : { state: 'waiting' };
  return { called, retry: () => setAttempt((count) => count + 1) };
}

function reportOf(error: unknown): ErrorReport {
  if (error instanceof CallError) return error.report;
  throw error;
}

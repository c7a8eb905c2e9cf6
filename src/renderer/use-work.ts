import { useEffect, useRef, useState } from 'react';
import type { ErrorReport } from '../shared/contract/common.ts';
import type { Input, Output } from '../shared/contract/index.ts';
import { useClient } from './use-call.ts';

/** Streams of shares of some work, and at last what it came to. */
type WorkName = 'compare.bank' | 'banks.shrink';
type Done<Name extends WorkName> = Extract<Output<Name>, { readonly kind: 'done' }>;

type Work<Name extends WorkName> =
  | { readonly state: 'idle' }
  | { readonly state: 'working'; readonly share: number }
  | { readonly state: 'done'; readonly event: Done<Name> }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** Work that is watched while it lasts; leaving the page stops it, and nothing is kept. */
export function useWork<Name extends WorkName>(name: Name) {
  const client = useClient();
  const leave = useRef<() => void>(undefined);
  const [work, setWork] = useState<Work<Name>>({ state: 'idle' });
  useEffect(() => () => leave.current?.(), []);
  const stop = () => {
    leave.current?.();
    setWork({ state: 'idle' });
  };
  const start = (input: Input<Name>) => {
    leave.current?.();
    setWork({ state: 'working', share: 0 });
    leave.current = client.subscribe(name, input, {
      event(pushed) {
        const event = pushed as Output<WorkName>;
        if (event.kind === 'progress') setWork({ state: 'working', share: event.share });
        else setWork({ state: 'done', event: event as Done<Name> });
      },
      error: ({ report }) => setWork({ state: 'failed', error: report }),
    });
  };
  return { work, start, stop };
}

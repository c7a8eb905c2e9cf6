import { useCallback, useEffect, useRef, useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { GenerationRequest } from '../../shared/contract/playground.ts';
import { useClient } from '../use-call.ts';
import { afterEvent, type Pane, stopped, waitingPanes } from './panes.ts';

interface Generation {
  readonly request: GenerationRequest | null;
  readonly panes: readonly Pane[];
  readonly running: boolean;
  readonly error: ErrorReport | null;
  /** Whether the arms write side by side; null until it is decided. */
  readonly together: boolean | null;
}

const NOTHING: Generation = {
  request: null,
  panes: [],
  running: false,
  error: null,
  together: null,
};

/** One generation at a time; leaving the page stops it. */
export function useGeneration() {
  const client = useClient();
  const leave = useRef<() => void>(undefined);
  const [generation, setGeneration] = useState(NOTHING);

  const stop = useCallback(() => {
    leave.current?.();
    leave.current = undefined;
    setGeneration((now) => ({ ...now, running: false, panes: stopped(now.panes) }));
  }, []);

  const start = useCallback(
    (request: GenerationRequest) => {
      leave.current?.();
      setGeneration({
        request,
        panes: waitingPanes(request.panes.length),
        running: true,
        error: null,
        together: null,
      });
      const end = (error: ErrorReport | null) =>
        setGeneration((now) => ({ ...now, running: false, error, panes: stopped(now.panes) }));
      leave.current = client.subscribe('playground.generate', request, {
        event: (event) =>
          setGeneration((now) =>
            event.kind === 'plan'
              ? { ...now, together: event.together }
              : { ...now, panes: afterEvent(now.panes, event) },
          ),
        error: ({ report }) => end(report),
        end: () => end(null),
      });
    },
    [client],
  );

  useEffect(() => () => leave.current?.(), []);
  return { ...generation, start, stop };
}

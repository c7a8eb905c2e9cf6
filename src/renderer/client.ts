import { createTRPCUntypedClient, createWSClient, TRPCClientError, wsLink } from '@trpc/client';
import { createContext } from 'react';
import type { Bridge } from '../shared/contract/bridge.ts';
import type { ErrorReport } from '../shared/contract/common.ts';
import type { CallName, Input, Output, StreamName } from '../shared/contract/index.ts';
import { bridgeSocket } from './socket-bridge.ts';
import { hostSocket, hostUrl } from './socket-host.ts';

/** The main process as the screens see it, over Electron's bridge or the host's WebSocket. */
export interface Client {
  /** @throws CallError */
  call<Name extends CallName>(name: Name, input: Input<Name>): Promise<Output<Name>>;
  /** Returns the function that leaves the stream. A lost connection is taken up again by itself. */
  subscribe<Name extends StreamName>(
    name: Name,
    input: Input<Name>,
    on: {
      readonly event: (event: Output<Name>) => void;
      readonly error?: (error: CallError) => void;
      readonly end?: () => void;
    },
  ): () => void;
  /** Told at once and at every change whether the main process can be reached. */
  watchConnection(listener: (connected: boolean) => void): () => void;
}

/** A call that failed, with what to tell the reader. */
export class CallError extends Error {
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(report.message);
    this.name = 'CallError';
    this.report = report;
  }
}

export function createClient(bridge: Bridge | undefined): Client {
  const watchers = new Set<(connected: boolean) => void>();
  let connected = false;
  const setConnected = (value: boolean) => {
    connected = value;
    for (const watcher of watchers) watcher(value);
  };
  const socket = createWSClient({
    url: bridge === undefined ? hostUrl() : 'ws://kintsugi',
    WebSocket: bridge === undefined ? hostSocket() : bridgeSocket(bridge),
    retryDelayMs: (attempt) => Math.min(250 * 2 ** attempt, 5000),
    onOpen: () => setConnected(true),
    onClose: () => setConnected(false),
  });
  const trpc = createTRPCUntypedClient({ links: [wsLink({ client: socket })] });
  return {
    async call(name, input) {
      try {
        return (await trpc.mutation(name, input)) as never;
      } catch (error) {
        throw toCallError(error);
      }
    },
    subscribe(name, input, on) {
      const subscription = trpc.subscription(name, input, {
        onData: (event) => on.event(event as never),
        onError: (error) => on.error?.(toCallError(error)),
        onComplete: () => on.end?.(),
      });
      return () => subscription.unsubscribe();
    },
    watchConnection(listener) {
      watchers.add(listener);
      listener(connected);
      return () => watchers.delete(listener);
    },
  };
}

function toCallError(error: unknown): CallError {
  if (error instanceof TRPCClientError) {
    const report = (error.data as { report?: ErrorReport } | null | undefined)?.report;
    if (report !== undefined) return new CallError(report);
  }
  return new CallError({
    code: 'UNREACHABLE',
    message: `The main process did not answer (${(error as Error).message}).`,
    next: 'Try again; if it stays so, restart Kintsugi.',
  });
}

export const ClientContext = createContext<Client | null>(null);

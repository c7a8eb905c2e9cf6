import { join } from 'node:path';
import { createTRPCUntypedClient, createWSClient, wsLink } from '@trpc/client';
import { WebSocket } from 'ws';
import { type Server, startServer } from '../../src/main/host/server.ts';
import { forkCompute } from '../../src/main/jobs/node-process.ts';
import { BROWSER_SHELL } from '../../src/main/router/services.ts';
import { openWorkbench, type Workbench } from '../../src/main/workbench.ts';
import { SOCKET_PATH, SUBPROTOCOL, tokenProtocol } from '../../src/shared/contract/bridge.ts';
import type { CallName, Input, Output, StreamName } from '../../src/shared/contract/index.ts';

/** A page of the workbench without its screen. */
export interface TestClient {
  call<Name extends CallName>(name: Name, input: Input<Name>): Promise<Output<Name>>;
  events<Name extends StreamName>(
    name: Name,
    input: Input<Name>,
  ): { readonly seen: Output<Name>[]; readonly stop: () => void };
  close(): Promise<void>;
}

/** The real host, store and compute process on a data folder. */
export interface TestHost {
  readonly workbench: Workbench;
  readonly server: Server;
  connect(): TestClient;
  close(): Promise<void>;
}

export async function startHost(home: string): Promise<TestHost> {
  const workbench = await openWorkbench({
    home,
    shell: BROWSER_SHELL,
    startCompute: forkCompute,
  });
  const files = join(import.meta.dirname, '../../out/renderer');
  const server = await startServer({ router: workbench.router, files, port: 0 });
  return {
    workbench,
    server,
    connect: () => connectTo(server),
    async close() {
      await server.close();
      await workbench.close();
    },
  };
}

/** A page's connection to a host. */
export function connectTo({ port, token }: Pick<Server, 'port' | 'token'>): TestClient {
  class PageSocket extends WebSocket {
    constructor(url: string) {
      const origin = `http://127.0.0.1:${port}`;
      super(url, [SUBPROTOCOL, tokenProtocol(token)], { origin });
    }
  }
  const client = createWSClient({
    url: `ws://127.0.0.1:${port}${SOCKET_PATH}`,
    WebSocket: PageSocket as never,
  });
  const trpc = createTRPCUntypedClient({ links: [wsLink({ client })] });
  return {
    call: (name, input) => trpc.mutation(name, input) as never,
    events(name, input) {
      const seen: never[] = [];
      const { unsubscribe } = trpc.subscription(name, input, {
        onData: (event) => void seen.push(event as never),
      });
      return { seen, stop: unsubscribe };
    },
    close: () => client.close(),
  };
}

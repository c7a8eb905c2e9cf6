import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { SUBPROTOCOL } from '../../shared/contract/bridge.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { Router } from '../router/router.ts';
import { refuse, type StaticAnswer, serveFile } from '../static.ts';
import { createGuard, type Guard } from './guard.ts';

export interface ServerOptions {
  readonly router: Router;
  /** Folder of the built renderer. */
  readonly files: string;
  /** 0 takes any free one. */
  readonly port: number;
}

export interface Server {
  readonly port: number;
  readonly token: string;
  /** Address to open, with the session's token in its fragment, which no server and no log sees. */
  readonly url: string;
  close(): Promise<void>;
}

/** Largest message: a data file of 32 million characters, quoted. */
const MAX_MESSAGE = 64 * 2 ** 20;

/**
 * Serves the workbench on loopback only.
 * @throws KintsugiError PORT_UNAVAILABLE
 */
export async function startServer({ router, files, port }: ServerOptions): Promise<Server> {
  const token = randomBytes(24).toString('base64url');
  const http = createServer({ maxHeaderSize: 16 * 2 ** 10, requestTimeout: 10_000 });
  await listen(http, port);
  const actualPort = (http.address() as AddressInfo).port;
  const guard = createGuard(actualPort, token);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    handleProtocols: () => SUBPROTOCOL,
  });
  const connect = getWSConnectionHandler({ router, wss: sockets, createContext: () => ({}) });
  sockets.on('connection', connect);
  http.on('request', (request, response) => void answer(files, guard, request, response));
  http.on('upgrade', (request, socket, head) => {
    const refusal = guard.refuseUpgrade(request);
    if (refusal !== undefined) return end(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (connected) =>
      sockets.emit('connection', connected, request),
    );
  });
  return {
    port: actualPort,
    token,
    url: `http://127.0.0.1:${actualPort}/#token=${token}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };
}

function listen(http: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) =>
      reject(
        new KintsugiError('PORT_UNAVAILABLE', `Port ${port} cannot be used (${cause.message}).`, {
          next: 'Choose another with --port, or leave it out to take any free one.',
          field: '--port',
          cause,
        }),
      ),
    );
    http.listen(port, '127.0.0.1', resolve);
  });
}

async function answer(
  files: string,
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Nothing here reads a body.
  request.resume();
  const refusal = guard.refuseRequest(request);
  const [pathname] = (request.url ?? '/').split('?') as [string];
  send(
    response,
    refusal === undefined ? await serveFile(files, pathname) : refuse(refusal),
    request,
  );
}

function send(
  response: ServerResponse,
  { status, headers, body }: StaticAnswer,
  { method, url }: IncomingMessage,
): void {
  // The build names its files by their content.
  const lasting = status === 200 && url?.startsWith('/assets/');
  response.writeHead(status, {
    ...headers,
    'content-length': body?.byteLength ?? 0,
    'cache-control': lasting ? 'max-age=31536000, immutable' : 'no-cache',
  });
  response.end(method === 'HEAD' ? undefined : (body ?? undefined));
}

function end(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

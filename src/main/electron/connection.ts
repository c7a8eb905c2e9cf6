import { EventEmitter } from 'node:events';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import type { IpcMain, IpcMainEvent, WebContents } from 'electron';
import { z } from 'zod';
import { BRIDGE_CHANNEL, type BridgeMessage } from '../../shared/contract/bridge.ts';
import type { Router } from '../router/router.ts';
import { isOwnPage } from './security.ts';

const messageSchema = z.union([
  z.strictObject({ kind: z.enum(['open', 'close']) }),
  z.strictObject({ kind: z.literal('text'), text: z.string().max(64 * 2 ** 20) }),
]);

/** What tRPC's WebSocket handler uses of a socket, over one page's IPC. */
class PageSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly #post: (message: BridgeMessage) => void;

  constructor(post: (message: BridgeMessage) => void) {
    super();
    this.#post = post;
  }

  send(text: string): void {
    if (this.readyState === 1) this.#post({ kind: 'text', text: String(text) });
  }

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#post({ kind: 'close' });
    this.emit('close');
  }

  terminate(): void {
    this.close();
  }
}

/**
 * Connects the pages of our own to the router over Electron's IPC: the same protocol as over the
 * host's WebSocket. What a foreign frame sends, or what is no message of ours, is dropped.
 */
export function acceptConnections(ipc: Pick<IpcMain, 'on'>, router: Router): void {
  const connect = getWSConnectionHandler({ router, createContext: () => ({}) } as never);
  const sockets = new Map<number, PageSocket>();
  ipc.on(BRIDGE_CHANNEL, (event: IpcMainEvent, message: unknown) => {
    const parsed = messageSchema.safeParse(message);
    if (!comesFromOurPage(event) || !parsed.success) return;
    const { id } = event.sender;
    if (parsed.data.kind === 'open') {
      sockets.get(id)?.close();
      sockets.set(id, open(event.sender, connect));
    } else if (parsed.data.kind === 'text') {
      sockets.get(id)?.emit('message', Buffer.from(parsed.data.text));
    } else {
      sockets.get(id)?.close();
      sockets.delete(id);
    }
  });
}

function open(page: WebContents, connect: (...parts: never[]) => unknown): PageSocket {
  const post = (message: BridgeMessage) => page.isDestroyed() || page.send(BRIDGE_CHANNEL, message);
  const socket = new PageSocket(post);
  page.once('destroyed', () => socket.close());
  const request = { url: '/api', method: 'GET', headers: {}, socket: { remoteAddress: 'ipc' } };
  connect(socket as never, request as never);
  post({ kind: 'open' });
  return socket;
}

/** Only the top frame of our own page; the frame is null once it has navigated away. */
function comesFromOurPage({ senderFrame }: IpcMainEvent): boolean {
  return senderFrame !== null && senderFrame.parent === null && isOwnPage(senderFrame.url);
}

/** What the preload script gives a screen in Electron: one connection to the main process. */

/** Electron channel of the connection, in both directions. */
export const BRIDGE_CHANNEL = 'kintsugi:message';

/** Screens open and close the connection; the main process answers that it is open, or ends it. */
export type BridgeMessage =
  | { readonly kind: 'open' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'close' }
  /** A menu asks for a place of the workbench, for example "#/runs". */
  | { readonly kind: 'go'; readonly place: string };

export interface Bridge {
  send(message: BridgeMessage): void;
  /** Calls `listener` with every message from now on. */
  listen(listener: (message: BridgeMessage) => void): void;
}

/** WebSocket subprotocol of the workbench; the session's token is offered as a second one. */
export const SUBPROTOCOL = 'kintsugi';
export const tokenProtocol = (token: string): string => `kintsugi-token.${token}`;
/** Path of the WebSocket on the host. */
export const SOCKET_PATH = '/api';

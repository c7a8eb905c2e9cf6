import { SOCKET_PATH, SUBPROTOCOL, tokenProtocol } from '../shared/contract/bridge.ts';

const KEY = 'kintsugi-token';

/**
 * The session's token comes in the address that the host printed (`#token=…`), is taken out of it, and
 * lives as long as the tab.
 */
function takeToken(): string | null {
  const given = /^#token=([\w-]+)/.exec(location.hash)?.[1];
  if (given !== undefined) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  }
  return given ?? sessionStorage.getItem(KEY);
}

export function hostUrl(): string {
  return `${location.origin.replace(/^http/, 'ws')}${SOCKET_PATH}`;
}

/** WebSocket that offers the token as a subprotocol, out of every address and log. */
export function hostSocket(): typeof WebSocket {
  return class extends WebSocket {
    constructor(url: string | URL) {
      super(url, [SUBPROTOCOL, tokenProtocol(takeToken() ?? 'none')]);
    }
  };
}

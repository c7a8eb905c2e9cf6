import type { Bridge } from '../shared/contract/bridge.ts';

/** A WebSocket as far as tRPC needs one, over Electron's bridge. */
export function bridgeSocket(bridge: Bridge): typeof WebSocket {
  let current: BridgeSocket | undefined;
  bridge.listen((message) => {
    if (message.kind === 'open') current?.opened();
    else if (message.kind === 'text') current?.received(message.text);
    else if (message.kind === 'close') current?.closed();
  });

  class BridgeSocket extends EventTarget {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readonly CONNECTING = 0;
    readonly OPEN = 1;
    readonly CLOSING = 2;
    readonly CLOSED = 3;
    readyState = 0;

    constructor() {
      super();
      current = this;
      bridge.send({ kind: 'open' });
    }

    opened() {
      this.readyState = 1;
      this.dispatchEvent(new Event('open'));
    }

    received(data: string) {
      this.dispatchEvent(new MessageEvent('message', { data }));
    }

    closed() {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.dispatchEvent(new CloseEvent('close'));
    }

    send(text: string) {
      bridge.send({ kind: 'text', text });
    }

    close() {
      bridge.send({ kind: 'close' });
      this.closed();
    }
  }
  return BridgeSocket as unknown as typeof WebSocket;
}

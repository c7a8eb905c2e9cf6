import { contextBridge, ipcRenderer } from 'electron';
import { BRIDGE_CHANNEL, type Bridge, type BridgeMessage } from '../shared/contract/bridge.ts';

const bridge: Bridge = {
  send: (message) => ipcRenderer.send(BRIDGE_CHANNEL, message),
  listen(listener) {
    ipcRenderer.on(BRIDGE_CHANNEL, (_event, message: BridgeMessage) => listener(message));
  },
};

contextBridge.exposeInMainWorld('kintsugi', bridge);

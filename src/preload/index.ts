import { contextBridge, ipcRenderer } from 'electron';
import { type Bridge, CALL_CHANNEL } from '../shared/contract-bridge.ts';

const bridge: Bridge = {
  call: (name, input) => ipcRenderer.invoke(CALL_CHANNEL, name, input),
};

contextBridge.exposeInMainWorld('kintsugi', bridge);

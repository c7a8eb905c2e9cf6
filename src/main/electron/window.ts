import { BrowserWindow } from 'electron';
import { BRIDGE_CHANNEL, type BridgeMessage } from '../../shared/contract/bridge.ts';
import { APP_URL } from './protocol.ts';
import { WEB_PREFERENCES } from './security.ts';
import { keepBounds, readBounds } from './window-state.ts';

/** Opens the workbench; it appears once it has something to show. */
export async function openWindow(
  preload: string,
  home: string,
  place = '',
): Promise<BrowserWindow> {
  const window = new BrowserWindow({
    width: 1280,
    height: 840,
    ...readBounds(home),
    minWidth: 720,
    minHeight: 480,
    show: false,
    autoHideMenuBar: true,
    title: 'Kintsugi',
    webPreferences: { ...WEB_PREFERENCES, preload },
  });
  keepBounds(window, home);
  window.once('ready-to-show', () => window.show());
  await window.loadURL(`${APP_URL}${place}`);
  return window;
}

/** Goes to a place of the workbench, such as "#/runs", without loading the page anew. */
export function showPlace(window: BrowserWindow, place: string): void {
  window.webContents.send(BRIDGE_CHANNEL, { kind: 'go', place } satisfies BridgeMessage);
}

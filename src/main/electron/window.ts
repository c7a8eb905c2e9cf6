import { BrowserWindow } from 'electron';
import { APP_URL } from './protocol.ts';
import { WEB_PREFERENCES } from './security.ts';
import { keepBounds, readBounds } from './window-state.ts';

/** Opens the workbench; it appears once it has something to show. */
export async function openWindow(preload: string, home: string): Promise<BrowserWindow> {
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
  await window.loadURL(APP_URL);
  return window;
}

import { join } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, protocol, session, shell } from 'electron';
import { KintsugiError } from '../../shared/errors.ts';
import { databasePath, dataHome } from '../cli/context.ts';
import { openStore } from '../db/open.ts';
import { createServices } from '../services.ts';
import { answerCalls } from './calls.ts';
import { APP_SCHEME, serveFile } from './protocol.ts';
import { denyPermissions, lockDown } from './security.ts';
import { openWindow } from './window.ts';

/** Folders of the build: out/main (this file), out/preload, out/renderer. */
const BUILD = join(import.meta.dirname, '..');
const PRELOAD = join(BUILD, 'preload', 'index.cjs');

async function start(): Promise<void> {
  denyPermissions(session.defaultSession);
  protocol.handle(APP_SCHEME, (request) => serveFile(join(BUILD, 'renderer'), request));
  const store = await openStore(databasePath(dataHome(undefined)));
  app.once('will-quit', () => store.close());
  for (const { message, next } of store.warnings) {
    dialog.showErrorBox('The run database was damaged', `${message}\n\n${next}`);
  }
  answerCalls(ipcMain, createServices(store.db));
  await openWindow(PRELOAD);
}

function fail(error: unknown): void {
  const next = error instanceof KintsugiError ? `\n\n${error.next}` : '';
  dialog.showErrorBox('Kintsugi could not start', `${(error as Error).message}${next}`);
  app.exit(1);
}

/** A second start shows the window of the first. */
function showWindow(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) {
    openWindow(PRELOAD).catch(fail);
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);
app.on('web-contents-created', (_event, contents) =>
  lockDown(contents, (url) => shell.openExternal(url)),
);
if (app.requestSingleInstanceLock()) {
  app.on('second-instance', showWindow);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app
    .whenReady()
    .then(async () => {
      await start();
      app.on('activate', showWindow);
    }, fail)
    .catch(fail);
} else {
  app.quit();
}

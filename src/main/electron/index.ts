import { join } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, Menu, protocol, session, shell } from 'electron';
import { KintsugiError } from '../../shared/errors.ts';
import { dataHome } from '../home.ts';
import { openWorkbench, type Workbench } from '../workbench.ts';
import { forkUtility } from './compute-process.ts';
import { acceptConnections } from './connection.ts';
import { systemKeychain } from './keychain.ts';
import { menuTemplate } from './menu.ts';
import { notifyEndings } from './notify.ts';
import { printPdf } from './print-pdf.ts';
import { APP_SCHEME, answerRequest } from './protocol.ts';
import { denyPermissions, isOpenableLink, lockDown } from './security.ts';
import { openWindow, showPlace } from './window.ts';

/** Folders of the build: out/main (this file), out/preload, out/renderer. */
const BUILD = join(import.meta.dirname, '..');
const PRELOAD = join(BUILD, 'preload', 'index.cjs');
const HOME = dataHome(undefined);

async function start(): Promise<void> {
  denyPermissions(session.defaultSession);
  protocol.handle(APP_SCHEME, (request) => answerRequest(join(BUILD, 'renderer'), request));
  const workbench = await openWorkbench({
    home: HOME,
    shell: { host: 'electron', chooseFolder, printPdf, keychain: systemKeychain() },
    startCompute: forkUtility,
  });
  closeBeforeQuit(workbench);
  for (const { message, next } of workbench.services.store.warnings) {
    dialog.showErrorBox('The run database was damaged', `${message}\n\n${next}`);
  }
  notifyEndings(workbench.services, showWindow);
  acceptConnections(ipcMain, workbench.router);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, { go, openLink })));
  await openWindow(PRELOAD, HOME);
}

async function chooseFolder(): Promise<string | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory'] });
  return canceled ? null : (filePaths[0] ?? null);
}

/** The running job gets to its next step, so that it goes on from there another day. */
function closeBeforeQuit(workbench: Workbench): void {
  app.once('before-quit', (event) => {
    event.preventDefault();
    workbench.close().finally(() => app.quit());
  });
}

function fail(error: unknown): void {
  const next = error instanceof KintsugiError ? `\n\n${error.next}` : '';
  dialog.showErrorBox('Kintsugi could not start', `${(error as Error).message}${next}`);
  app.exit(1);
}

/** A second start shows the window of the first. */
function showWindow(): void {
  const window = mainWindow();
  if (window === undefined) {
    openWindow(PRELOAD, HOME).catch(fail);
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

/** A place of the workbench, from a menu; on a Mac there may be no window yet. */
function go(place: string): void {
  const window = mainWindow();
  if (window === undefined) openWindow(PRELOAD, HOME, place).catch(fail);
  else showPlace(window, place);
}

/** Pages are laid out for printing in windows that are never shown. */
const mainWindow = (): BrowserWindow | undefined =>
  BrowserWindow.getAllWindows().find((window) => window.isVisible() || window.isMinimized());

function openLink(url: string): void {
  if (isOpenableLink(url)) void shell.openExternal(url);
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

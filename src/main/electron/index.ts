import { join } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, protocol, session, shell } from 'electron';
import { KintsugiError } from '../../shared/errors.ts';
import { dataHome } from '../home.ts';
import { openWorkbench, type Workbench } from '../workbench.ts';
import { forkUtility } from './compute-process.ts';
import { acceptConnections } from './connection.ts';
import { notifyEndings } from './notify.ts';
import { APP_SCHEME, answerRequest } from './protocol.ts';
import { denyPermissions, lockDown } from './security.ts';
import { openWindow } from './window.ts';

/** Folders of the build: out/main (this file), out/preload, out/renderer. */
const BUILD = join(import.meta.dirname, '..');
const PRELOAD = join(BUILD, 'preload', 'index.cjs');
const HOME = dataHome(undefined);

async function start(): Promise<void> {
  denyPermissions(session.defaultSession);
  protocol.handle(APP_SCHEME, (request) => answerRequest(join(BUILD, 'renderer'), request));
  const workbench = await openWorkbench({
    home: HOME,
    shell: { host: 'electron', chooseFolder },
    startCompute: forkUtility,
  });
  closeBeforeQuit(workbench);
  for (const { message, next } of workbench.services.store.warnings) {
    dialog.showErrorBox('The run database was damaged', `${message}\n\n${next}`);
  }
  notifyEndings(workbench.services, showWindow);
  acceptConnections(ipcMain, workbench.router);
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
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) {
    openWindow(PRELOAD, HOME).catch(fail);
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

import { EventEmitter } from 'node:events';

/** Stands for the module "electron", which cannot be loaded outside Electron; it notes what is asked. */

export const noted: string[] = [];
export const windows: FakeWindow[] = [];

const note =
  (name: string, answer?: unknown) =>
  (...args: unknown[]) => {
    noted.push([name, ...args.filter((arg) => typeof arg === 'string')].join(' '));
    return answer;
  };

export class FakeContents extends EventEmitter {
  openHandler: (details: { url: string }) => unknown = () => undefined;

  setWindowOpenHandler(handler: (details: { url: string }) => unknown): void {
    this.openHandler = handler;
  }
}

interface FakeWindowOptions {
  readonly show?: boolean;
  readonly webPreferences: Readonly<Record<string, unknown>>;
}

class FakeWindow extends EventEmitter {
  readonly options: FakeWindowOptions;
  minimised = false;

  constructor(options: FakeWindowOptions) {
    super();
    this.options = options;
    windows.push(this);
  }

  static getAllWindows(): FakeWindow[] {
    return windows;
  }

  static focused: FakeWindow | null = null;
  static getFocusedWindow(): FakeWindow | null {
    return FakeWindow.focused;
  }

  getNormalBounds() {
    return { x: 10, y: 20, width: 900, height: 700 };
  }

  readonly show = note('show');
  readonly focus = note('focus');
  readonly restore = note('restore');

  async loadURL(url: string): Promise<void> {
    noted.push(`load ${url}`);
    this.emit('ready-to-show');
  }

  isMinimized(): boolean {
    return this.minimised;
  }
}

export class FakeSession {
  request: (contents: null, permission: string, decide: (granted: boolean) => void) => void = () =>
    undefined;
  check: () => boolean = () => true;
  device: () => boolean = () => true;

  setPermissionRequestHandler(handler: FakeSession['request']): void {
    this.request = handler;
  }

  setPermissionCheckHandler(handler: () => boolean): void {
    this.check = handler;
  }

  setDevicePermissionHandler(handler: () => boolean): void {
    this.device = handler;
  }
}

export class Notification extends EventEmitter {
  readonly body: string;

  constructor({ body }: { readonly body: string }) {
    super();
    this.body = body;
  }

  static isSupported(): boolean {
    return true;
  }

  show(): void {
    noted.push(`notification ${this.body}`);
  }
}

export const BrowserWindow = FakeWindow;
export const session = { defaultSession: new FakeSession() };
export const shell = { openExternal: note('openExternal') };
export const dialog = {
  showErrorBox: note('showErrorBox'),
  showOpenDialog: note('showOpenDialog'),
};
export const protocol = {
  registerSchemesAsPrivileged: (schemes: { scheme: string }[]) =>
    noted.push(`scheme ${schemes.map(({ scheme }) => scheme)}`),
  handle: note('protocol'),
};
export const ipcMain = {
  on: (channel: string) => noted.push(`ipc ${channel}`),
};
/** Nothing in these tests computes. */
export const utilityProcess = {};

class FakeApp extends EventEmitter {
  first = true;
  readonly enableSandbox = note('enableSandbox');
  readonly quit = note('quit');
  readonly exit = note('exit');

  requestSingleInstanceLock(): boolean {
    return this.first;
  }

  async whenReady(): Promise<void> {
    noted.push('ready');
  }
}

export const app = new FakeApp();

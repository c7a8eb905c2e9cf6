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
  visible = false;
  destroyed = false;
  /** What was sent to the page. */
  readonly sent: unknown[] = [];
  readonly webContents = {
    send: (_channel: string, message: unknown) => void this.sent.push(message),
    printToPDF: async () => Buffer.from('%PDF-'),
  };

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

  show(): void {
    this.visible = true;
    noted.push('show');
  }

  isVisible(): boolean {
    return this.visible;
  }

  destroy(): void {
    this.destroyed = true;
  }

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
/** The system's keychain; `backend` is what Linux chose. */
export const safeStorage = {
  available: true,
  backend: 'gnome_libsecret',
  isEncryptionAvailable: () => safeStorage.available,
  getSelectedStorageBackend: () => safeStorage.backend,
  encryptString: (text: string) => Buffer.from([...text].reverse().join('')),
  decryptString: (bytes: Buffer) => [...bytes.toString()].reverse().join(''),
};

interface FakeMenuItem {
  readonly label?: string;
  readonly role?: string;
  readonly accelerator?: string;
  readonly click?: () => void;
  readonly submenu?: readonly FakeMenuItem[];
}

export const Menu = {
  template: [] as readonly FakeMenuItem[],
  buildFromTemplate: (template: readonly FakeMenuItem[]) => template,
  setApplicationMenu(template: readonly FakeMenuItem[]) {
    Menu.template = template;
    noted.push('menu');
  },
};

/** What the preload script gave to the page. */
export const exposed: Record<string, Record<string, unknown>> = {};
export const contextBridge = {
  exposeInMainWorld: (name: string, value: Record<string, unknown>) => {
    exposed[name] = value;
  },
};
export const ipcRenderer = {
  send: (channel: string) => noted.push(`sent ${channel}`),
  on: (channel: string) => noted.push(`listens ${channel}`),
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

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

// One stub for the test and for every fresh load of the app.
const stub = await vi.hoisted(() => import('./stub.ts'));
vi.mock('electron', () => stub);

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kintsugi-app-'));
  vi.stubEnv('KINTSUGI_HOME', home);
  vi.resetModules();
  stub.noted.length = 0;
  stub.windows.length = 0;
  stub.app.removeAllListeners();
});

afterEach(() => {
  stub.app.emit('before-quit', { preventDefault: () => undefined });
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

async function start(): Promise<void> {
  await import('../../../src/main/electron/index.ts');
  await vi.waitFor(() => expect(stub.noted.at(-1)).toMatch(/^(show|quit|exit)/));
}

it('takes its precautions before a page is loaded', async () => {
  stub.app.first = true;
  await start();
  expect(stub.noted).toEqual([
    'enableSandbox',
    'scheme kintsugi',
    'ready',
    'protocol kintsugi',
    'ipc kintsugi:message',
    'menu',
    'load kintsugi://workbench/index.html',
    'show',
  ]);
  const [window] = stub.windows;
  expect(window?.options).toMatchObject({
    show: false,
    webPreferences: {
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      preload: expect.stringMatching(/preload[/\\]index\.cjs$/),
    },
  });
  expect(stub.session.defaultSession.check()).toBe(false);
});

it('locks every page down as it is made', async () => {
  stub.app.first = true;
  await start();
  const contents = new stub.FakeContents();
  stub.app.emit('web-contents-created', {}, contents);
  expect(contents.openHandler({ url: 'https://example.org/' })).toEqual({ action: 'deny' });
  expect(stub.noted).not.toContain('openExternal https://example.org/');
  const preventDefault = vi.fn();
  contents.emit('will-navigate', { url: 'https://example.org/', preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
});

it('shows the window of the first start when started again', async () => {
  stub.app.first = true;
  await start();
  stub.windows[0]!.minimised = true;
  stub.app.emit('second-instance');
  expect(stub.noted.slice(-2)).toEqual(['restore', 'focus']);
  expect(stub.windows).toHaveLength(1);
});

it('goes to a place of the workbench from a menu, and keeps links to listed sites', async () => {
  stub.app.first = true;
  await start();
  const items = stub.Menu.template.flatMap(({ submenu }) => submenu ?? []);
  const click = (label: string) => items.find((item) => item.label === label)!.click!();
  click('Runs');
  expect(stub.windows[0]!.sent).toEqual([{ kind: 'go', place: '#/runs' }]);
  click('The paper');
  expect(stub.noted.at(-1)).toBe('openExternal https://arxiv.org/abs/2310.00867');
  stub.windows.length = 0;
  click('Playground');
  expect(stub.noted).toContain('load kintsugi://workbench/index.html#/playground');
});

it('opens where it was closed', async () => {
  stub.app.first = true;
  await start();
  stub.windows[0]!.emit('close');
  stub.windows.length = 0;
  stub.app.emit('activate');
  expect(stub.windows[0]?.options).toMatchObject({ x: 10, y: 20, width: 900, height: 700 });
});

it.each(['', '{', '{"x":0}', '{"x":0,"y":0,"width":1e9,"height":3}', '[]'])(
  'opens with its own size when the record of the last says %j',
  async (record) => {
    stub.app.first = true;
    writeFileSync(join(home, 'window.json'), record);
    await start();
    expect(stub.windows[0]?.options).toMatchObject({ width: 1280, height: 840 });
  },
);

it('leaves at once when it is the second', async () => {
  stub.app.first = false;
  await start();
  expect(stub.noted).toEqual(['enableSandbox', 'scheme kintsugi', 'quit']);
});

it('says so and ends when the store cannot be opened', async () => {
  stub.app.first = true;
  vi.stubEnv('KINTSUGI_HOME', join(process.execPath, 'no-folder'));
  await start();
  expect(stub.noted.at(-2)).toMatch(/^showErrorBox Kintsugi could not start .*\n\nChoose/s);
  expect(stub.windows).toHaveLength(0);
});

// Electron's security checklist (electronjs.org/docs/latest/tutorial/security), item by item in its
// order and under its titles. What an item needs more room for has a file of its own beside this one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session, WebContents } from 'electron';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { APP_URL, answerRequest } from '../../../src/main/electron/protocol.ts';
import {
  denyPermissions,
  isOpenableLink,
  isOwnPage,
  lockDown,
  WEB_PREFERENCES,
} from '../../../src/main/electron/security.ts';
import { serveFile } from '../../../src/main/static.ts';

const stub = await vi.hoisted(() => import('./stub.ts'));
vi.mock('electron', () => stub);

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
/** Everything that runs in or opens a window. */
const sources = ['src/renderer', 'src/preload', 'src/main/electron']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((name) => join(folder, String(name))),
  )
  .filter((name) => /\.(?:tsx?|html|css)$/.test(name))
  .map((name) => ({ name, text: read(name) }));
const mention = (pattern: RegExp) =>
  sources.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

const contents = new stub.FakeContents();
const opened: string[] = [];
lockDown(contents as unknown as WebContents, (url) => opened.push(url));

function isStopped(event: string, url: string): boolean {
  const preventDefault = vi.fn();
  contents.emit(event, { url, preventDefault });
  return preventDefault.mock.calls.length > 0;
}

describe('Electron’s security checklist', () => {
  it('1. only load secure content', () => {
    expect(APP_URL).toMatch(/^kintsugi:/);
    expect(mention(/\bsrc=["']https?:|<link[^>]*https?:/)).toEqual([]);
    expect(mention(/loadURL\((?!`\$\{APP_URL\}|url\))/)).toEqual([]);
  });

  it('2. do not enable Node.js integration for remote content', () => {
    expect(WEB_PREFERENCES).toMatchObject({
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
    });
  });

  it('3. enable context isolation', () => {
    expect(WEB_PREFERENCES.contextIsolation).toBe(true);
  });

  it('4. enable process sandboxing', () => {
    expect(WEB_PREFERENCES.sandbox).toBe(true);
    expect(read('src/main/electron/index.ts')).toMatch(/app\.enableSandbox\(\)/);
  });

  it('5. handle session permission requests', () => {
    const session = new stub.FakeSession();
    denyPermissions(session as unknown as Session);
    const decide = vi.fn();
    session.request(null, 'media', decide);
    expect(decide).toHaveBeenCalledWith(false);
    expect([session.check(), session.device()]).toEqual([false, false]);
  });

  it('6. do not disable webSecurity', () => {
    expect(WEB_PREFERENCES.webSecurity).toBe(true);
    expect(mention(/webSecurity: false|disable-web-security/)).toEqual([]);
  });

  it('7. define a content security policy', async () => {
    const { headers } = await serveFile(join(ROOT, 'src/renderer'), '/index.html');
    const policy = headers['content-security-policy']!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(policy.replace(/style-src [^;]*/, '')).not.toMatch(/unsafe|https?:|\*/);
  });

  it('8. do not allow running insecure content', () => {
    expect(WEB_PREFERENCES.allowRunningInsecureContent).toBe(false);
  });

  it('9. do not enable experimental features', () => {
    expect(WEB_PREFERENCES.experimentalFeatures).toBe(false);
  });

  it('10. do not use enableBlinkFeatures', () => {
    expect(mention(/enableBlinkFeatures|appendSwitch/)).toEqual([]);
  });

  it('11. do not use allowpopups for webviews', () => {
    expect(WEB_PREFERENCES.webviewTag).toBe(false);
    expect(mention(/<webview|allowpopups/)).toEqual([]);
  });

  it('12. verify webview options before creation', () => {
    expect(isStopped('will-attach-webview', APP_URL)).toBe(true);
  });

  it('13. disable or limit navigation', () => {
    const events = ['will-navigate', 'will-frame-navigate', 'will-redirect'];
    expect(events.map((event) => isStopped(event, 'https://example.org/'))).toEqual([
      true,
      true,
      true,
    ]);
    expect(isStopped('will-navigate', `${APP_URL}#/runs`)).toBe(false);
  });

  it('14. disable or limit creation of new windows', () => {
    expect(contents.openHandler({ url: APP_URL })).toEqual({ action: 'deny' });
  });

  it('15. do not use shell.openExternal with untrusted content', () => {
    contents.openHandler({ url: 'https://example.org/' });
    expect(opened).toEqual([]);
    expect(isOpenableLink('https://arxiv.org/abs/2310.00867')).toBe(true);
    expect(
      ['file:///etc/passwd', 'http://arxiv.org/', 'smb://arxiv.org/'].filter(isOpenableLink),
    ).toEqual([]);
  });

  it('16. use a current version of Electron', () => {
    const { devDependencies } = JSON.parse(read('package.json'));
    // The newest when this was written; Electron's own window is the three newest majors.
    expect(Number(devDependencies.electron.split('.')[0])).toBeGreaterThanOrEqual(45);
  });

  it('17. validate the sender of all IPC messages', () => {
    // One channel, whose listener drops what comes from another frame: connection.test.ts.
    expect(mention(/ipcMain\.(?:handle|on|once)\b/)).toEqual([]);
    const frames = ['https://example.org/', 'file:///index.html', 'kintsugi://report/1'];
    expect(frames.filter(isOwnPage)).toEqual([]);
  });

  it('18. avoid the file:// protocol', async () => {
    expect(mention(/file:\/\/|loadFile\(/)).toEqual([]);
    const ask = (url: string) => answerRequest(ROOT, { url, method: 'GET' } as Request);
    expect((await ask('file:///package.json')).status).toBe(404);
    expect((await ask('kintsugi://workbench/../package.json')).status).toBe(404);
  });

  it('19. check which fuses can be changed', async () => {
    const { default: packaging } = await import(join(ROOT, 'electron-builder.config.mjs'));
    const { runAsNode, grantFileProtocolExtraPrivileges, ...others } = packaging.electronFuses;
    expect([runAsNode, grantFileProtocolExtraPrivileges]).toEqual([false, false]);
    expect(others).toEqual({
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
    });
  });

  describe('20. do not expose Electron APIs to the page', () => {
    beforeAll(() => import('../../../src/preload/index.ts'));

    it('gives it two functions of one channel, and no event of Electron', () => {
      expect(Object.keys(stub.exposed)).toEqual(['kintsugi']);
      const { send, listen, ...others } = stub.exposed['kintsugi'] as Record<string, () => unknown>;
      expect(others).toEqual({});
      send!();
      listen!();
      expect(stub.noted.slice(-2)).toEqual(['sent kintsugi:message', 'listens kintsugi:message']);
    });
  });
});

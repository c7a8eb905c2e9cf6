import type { Session, WebContents } from 'electron';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  denyPermissions,
  isOpenableLink,
  isOwnPage,
  lockDown,
  WEB_PREFERENCES,
} from '../../../src/main/electron/security.ts';
import { FakeContents, FakeSession } from './stub.ts';

it('gives a page no Node, no shared context and no way around the web’s rules', () => {
  expect(WEB_PREFERENCES).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
  });
  expect(WEB_PREFERENCES).not.toHaveProperty('enableBlinkFeatures');
});

describe('a locked-down page', () => {
  const opened: string[] = [];
  let contents: FakeContents;
  beforeEach(() => {
    opened.length = 0;
    contents = new FakeContents();
    lockDown(contents as unknown as WebContents, (url) => opened.push(url));
  });

  function prevented(event: string, url: string): boolean {
    let stopped = false;
    contents.emit(event, {
      url,
      preventDefault: () => {
        stopped = true;
      },
    });
    return stopped;
  }

  const FOREIGN = [
    'https://example.org/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'kintsugi://workbench.example.org/index.html',
    'kintsugi://other/index.html',
    'http://workbench/',
    'not a url',
  ];

  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('stays on %s', (event) => {
    expect(FOREIGN.filter((url) => !prevented(event, url))).toEqual([]);
    expect(prevented(event, 'kintsugi://workbench/index.html#/runs')).toBe(false);
  });

  it('takes no webview', () => {
    expect(prevented('will-attach-webview', 'kintsugi://workbench/index.html')).toBe(true);
  });

  it('opens no window, and only listed sites in the browser', () => {
    const listed = 'https://arxiv.org/abs/2310.00867';
    const answers = [...FOREIGN, listed].map((url) => contents.openHandler({ url }));
    expect(answers).toEqual(answers.map(() => ({ action: 'deny' })));
    expect(opened).toEqual([listed]);
  });
});

it.each([
  'http://arxiv.org/',
  'https://arxiv.org.example.org/',
  'https://user@arxiv.org/',
  'https://arxiv.org:8443/',
  'file:///arxiv.org',
  'smb://github.com/x',
  '',
])('does not hand %j to the system', (url) => {
  expect(isOpenableLink(url)).toBe(false);
});

it('knows its own page', () => {
  expect(isOwnPage('kintsugi://workbench/index.html')).toBe(true);
  expect(isOwnPage('kintsugi://workbench:80/index.html')).toBe(false);
  expect(isOwnPage('')).toBe(false);
});

it('refuses every permission', () => {
  const session = new FakeSession();
  denyPermissions(session as unknown as Session);
  const decisions: boolean[] = [];
  for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'hid']) {
    session.request(null, permission, (granted) => decisions.push(granted));
  }
  expect(decisions).toEqual([false, false, false, false, false]);
  expect([session.check(), session.device()]).toEqual([false, false]);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { APP_URL, answerRequest } from '../../../src/main/electron/protocol.ts';

let folder: string;
const root = () => join(folder, 'renderer');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kintsugi-protocol-'));
  mkdirSync(join(root(), 'assets'), { recursive: true });
  writeFileSync(join(root(), 'index.html'), '<p>workbench</p>');
  writeFileSync(join(root(), 'assets', 'app.js'), 'export {};');
  writeFileSync(join(root(), 'assets', 'notes.txt'), 'of no served type');
  writeFileSync(join(folder, 'secret.html'), 'outside');
  mkdirSync(join(folder, 'renderer-old'));
  writeFileSync(join(folder, 'renderer-old', 'index.html'), 'outside');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `Request` would tidy the URL; Electron hands over what the page asked for. */
const ask = (url: string, method = 'GET') => answerRequest(root(), { url, method } as Request);

it('serves the page with a policy that allows our own files and no inline script', async () => {
  const response = await ask(APP_URL);
  expect(await response.text()).toBe('<p>workbench</p>');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/default-src 'none'/);
  expect(policy).toMatch(/script-src 'self';/);
  expect(policy).toMatch(/frame-ancestors 'none'/);
  expect(policy).toMatch(/style-src 'self' 'unsafe-inline';/);
  expect(policy.replace(/style-src [^;]*/, '')).not.toMatch(/unsafe|https?:|\*/);
});

it('serves the page at the root too', async () => {
  const response = await ask('kintsugi://workbench/');
  expect(await response.text()).toBe('<p>workbench</p>');
});

it('serves assets by their type', async () => {
  const response = await ask('kintsugi://workbench/assets/app.js?v=1#x');
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
});

it.each([
  'kintsugi://workbench/../secret.html',
  'kintsugi://workbench/%2e%2e/secret.html',
  'kintsugi://workbench/..%2fsecret.html',
  'kintsugi://workbench/%2e%2e%2fsecret.html',
  'kintsugi://workbench/assets/..%2f..%2fsecret.html',
  'kintsugi://workbench/..%5csecret.html',
  'kintsugi://workbench/..%2frenderer-old%2findex.html',
  'kintsugi://workbench//etc/passwd',
  'kintsugi://workbench/%2fetc%2fpasswd',
  'kintsugi://workbench/C:%5cwindows%5cwin.ini',
  'kintsugi://workbench/index.html%00.js',
  'kintsugi://workbench/%E0%A4%A',
  'kintsugi://workbench/assets',
  'kintsugi://workbench/assets/notes.txt',
  'kintsugi://workbench/missing.html',
  'kintsugi://elsewhere/index.html',
  'file:///index.html',
])('refuses %s', async (url) => {
  const response = await ask(url);
  expect(response.status).toBe(404);
  expect(await response.text()).toBe('');
});

it('only reads', async () => {
  expect((await ask(APP_URL, 'POST')).status).toBe(405);
});

import { beforeEach, expect, it, vi } from 'vitest';

const stub = await vi.hoisted(() => import('./stub.ts'));
vi.mock('electron', () => stub);
const { printPdf } = await import('../../../src/main/electron/print-pdf.ts');
const { answerRequest } = await import('../../../src/main/electron/protocol.ts');

beforeEach(() => {
  stub.noted.length = 0;
  stub.windows.length = 0;
});

const ask = (url: string) => answerRequest('/nowhere', { url, method: 'GET' } as Request);

it('lays a page out in a hidden window without scripts, at an address that is gone afterwards', async () => {
  let served: Response | undefined;
  const load = vi
    .spyOn(stub.BrowserWindow.prototype, 'loadURL')
    .mockImplementation(async (url: string) => {
      stub.noted.push(`load ${url}`);
      served = await ask(url);
    });
  const pdf = await printPdf('<p>report</p>');
  load.mockRestore();
  expect(Buffer.from(pdf).toString()).toBe('%PDF-');
  expect(await served!.text()).toBe('<p>report</p>');
  expect(served!.headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'unsafe-inline'",
  );
  const [window] = stub.windows;
  expect(window!.options).toMatchObject({
    show: false,
    webPreferences: { javascript: false, sandbox: true, contextIsolation: true },
  });
  expect([window!.visible, window!.destroyed]).toEqual([false, true]);
  expect((await ask(stub.noted[0]!.slice('load '.length))).status).toBe(404);
});

it('cleans up after a page that cannot be loaded', async () => {
  const load = vi
    .spyOn(stub.BrowserWindow.prototype, 'loadURL')
    .mockRejectedValue(new Error('ERR_FAILED'));
  await expect(printPdf('<p>report</p>')).rejects.toThrow('ERR_FAILED');
  load.mockRestore();
  expect(stub.windows[0]!.destroyed).toBe(true);
});

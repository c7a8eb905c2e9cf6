import { BrowserWindow } from 'electron';
import { offerReport, withdrawReport } from './protocol.ts';
import { WEB_PREFERENCES } from './security.ts';

/** Lays a page that needs nothing else out as a PDF, in a window that nobody sees and no script runs in. */
export async function printPdf(html: string): Promise<Uint8Array> {
  const url = offerReport(html);
  const window = new BrowserWindow({
    show: false,
    webPreferences: { ...WEB_PREFERENCES, javascript: false },
  });
  try {
    await window.loadURL(url);
    return await window.webContents.printToPDF({ printBackground: true, preferCSSPageSize: true });
  } finally {
    window.destroy();
    withdrawReport(url);
  }
}

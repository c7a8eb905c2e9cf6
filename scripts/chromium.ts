import { existsSync } from 'node:fs';

/** A Chromium that the system brings; Playwright's own would have to be downloaded. */
export function findChromium(): string | undefined {
  const known = [
    process.env['KINTSUGI_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  return known.find((path) => path !== undefined && existsSync(path));
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { KintsugiError } from '../../shared/errors.ts';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'chrome.exe',
  'msedge.exe',
];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** A browser that prints: $KINTSUGI_CHROMIUM, one on the search path, or where they are installed. */
function findBrowser(environment: NodeJS.ProcessEnv): string | undefined {
  const { KINTSUGI_CHROMIUM: named, PATH = '' } = environment;
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const onPath = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...onPath, ...PLACES].find((path) => existsSync(path));
}

const LIMIT_MS = 120_000;

/**
 * Lays a page that needs nothing else out as a PDF, with a browser of this machine.
 * @throws KintsugiError ARGUMENT_INVALID where there is none, or it does not print
 */
export async function printPage(
  html: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Uint8Array> {
  const browser = findBrowser(environment);
  if (browser === undefined)
    throw unprinted('No Chromium, Chrome or Edge was found to lay out pages.');
  const folder = await mkdtemp(join(tmpdir(), 'kintsugi-print-'));
  const [page, pdf] = [join(folder, 'report.html'), join(folder, 'report.pdf')];
  try {
    await writeFile(page, html);
    await promisify(execFile)(
      browser,
      [
        '--headless',
        '--disable-gpu',
        '--no-pdf-header-footer',
        // The page is our own and has no script; the sandbox is not to be had as root.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        `--user-data-dir=${join(folder, 'profile')}`,
        `--print-to-pdf=${pdf}`,
        pathToFileURL(page).href,
      ],
      { timeout: LIMIT_MS },
    );
    return await readFile(pdf);
  } catch (cause) {
    throw unprinted(`${browser} did not print the report.`, cause);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

const unprinted = (message: string, cause?: unknown): KintsugiError =>
  new KintsugiError('ARGUMENT_INVALID', message, {
    next: 'Write --html and print it from a browser, or name a Chromium in KINTSUGI_CHROMIUM.',
    field: '--pdf',
    cause,
  });

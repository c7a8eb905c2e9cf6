import { readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

export const APP_SCHEME = 'kintsugi';
export const APP_HOST = 'workbench';
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/index.html`;

/** Nothing from elsewhere, and no inline script. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Serves the built renderer's files, and nothing outside its folder. */
export async function serveFile(root: string, request: Request): Promise<Response> {
  if (request.method !== 'GET') return refuse(405);
  const path = filePath(root, request.url);
  const type = path === undefined ? undefined : CONTENT_TYPES[extname(path)];
  if (path === undefined || type === undefined) return refuse(404);
  try {
    return new Response(await readFile(path), { headers: headers(type) });
  } catch {
    return refuse(404);
  }
}

/** The file a URL names, or undefined when it names none in the folder. */
function filePath(root: string, address: string): string | undefined {
  const url = new URL(address);
  if (url.protocol !== `${APP_SCHEME}:` || url.host !== APP_HOST) return undefined;
  const name = decode(url.pathname);
  if (name === undefined || /[\\\0:]/.test(name)) return undefined;
  const path = join(root, name);
  const inside = relative(root, path);
  return inside === '' || inside.split(sep)[0] === '..' ? undefined : path;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function headers(type: string): Record<string, string> {
  return {
    'content-type': type,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  };
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: headers('text/plain') });
}

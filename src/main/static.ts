import { readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

/**
 * Nothing from elsewhere, and no inline script. Styles may be inline: the component library computes
 * its theme's variables at run time.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
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

/** What to answer a request for a file of the renderer with. */
export interface StaticAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/** Serves the built renderer's files, and nothing outside its folder. `pathname` as in a URL. */
export async function serveFile(root: string, pathname: string): Promise<StaticAnswer> {
  const path = filePath(root, pathname);
  const type = path === undefined ? undefined : CONTENT_TYPES[extname(path)];
  if (path === undefined || type === undefined) return refuse(404);
  try {
    return { status: 200, headers: headers(type), body: await readFile(path) };
  } catch {
    return refuse(404);
  }
}

/** A page without scripts that needs nothing else, such as a report. */
export function servePage(html: string): StaticAnswer {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return {
    status: 200,
    headers: headers('text/html; charset=utf-8', policy),
    body: Buffer.from(html),
  };
}

/** The file a path names, or undefined when it names none in the folder. */
function filePath(root: string, pathname: string): string | undefined {
  const name = decode(pathname);
  if (name === undefined || /[\\\0:]/.test(name)) return undefined;
  const path = join(root, name === '/' ? 'index.html' : name);
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

function headers(type: string, policy = CONTENT_SECURITY_POLICY): Record<string, string> {
  return {
    'content-type': type,
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  };
}

export function refuse(status: number): StaticAnswer {
  return { status, headers: headers('text/plain'), body: null };
}

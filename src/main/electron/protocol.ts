import { randomUUID } from 'node:crypto';
import { refuse, type StaticAnswer, serveFile, servePage } from '../static.ts';

export const APP_SCHEME = 'kintsugi';
export const APP_HOST = 'workbench';
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/index.html`;
/** Host of pages that are printed; no page of the workbench, so its messages are dropped. */
const REPORT_HOST = 'report';

const reports = new Map<string, string>();

/** Gives a page an address of its own until it is withdrawn. */
export function offerReport(html: string): string {
  const url = `${APP_SCHEME}://${REPORT_HOST}/${randomUUID()}`;
  reports.set(url, html);
  return url;
}

export function withdrawReport(url: string): void {
  reports.delete(url);
}

/** Answers requests of our own scheme with the built renderer's files, and pages to be printed. */
export async function answerRequest(root: string, request: Request): Promise<Response> {
  if (request.method !== 'GET') return toResponse(refuse(405));
  const report = reports.get(request.url);
  if (report !== undefined) return toResponse(servePage(report));
  const url = new URL(request.url);
  const own = url.protocol === `${APP_SCHEME}:` && url.host === APP_HOST;
  return toResponse(own ? await serveFile(root, url.pathname) : refuse(404));
}

const toResponse = ({ status, headers, body }: StaticAnswer): Response =>
  new Response(body as Uint8Array<ArrayBuffer> | null, { status, headers });

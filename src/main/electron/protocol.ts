import { refuse, type StaticAnswer, serveFile } from '../static.ts';

export const APP_SCHEME = 'kintsugi';
export const APP_HOST = 'workbench';
export const APP_URL = `${APP_SCHEME}://${APP_HOST}/index.html`;

/** Answers requests of our own scheme with the built renderer's files. */
export async function answerRequest(root: string, request: Request): Promise<Response> {
  if (request.method !== 'GET') return toResponse(refuse(405));
  const url = new URL(request.url);
  const own = url.protocol === `${APP_SCHEME}:` && url.host === APP_HOST;
  return toResponse(own ? await serveFile(root, url.pathname) : refuse(404));
}

const toResponse = ({ status, headers, body }: StaticAnswer): Response =>
  new Response(body as Uint8Array<ArrayBuffer> | null, { status, headers });

import { KintsugiError } from '../../shared/errors.ts';
import { VERSION } from '../version.ts';
import { answerError, offline, stalled, unreachable } from './failure.ts';
import type { HubSettings } from './settings.ts';

const MOST_REDIRECTS = 10;
/** How long an answer may take to begin, in milliseconds. */
const ANSWER_MS = 30_000;

export interface HubFetchOptions {
  /** Names what is asked for, in errors. */
  readonly what: string;
  readonly answerMs?: number;
}

/**
 * `fetch` for the hub: it follows redirects by itself, so that the access token goes to the hub's own
 * host and never to where it points; answers that are no success are thrown.
 * @throws KintsugiError ARGUMENT_INVALID for an endpoint that is no address; HUB_UNAUTHORIZED, HUB_GATED, HUB_NOT_FOUND, HUB_RATE_LIMITED, HUB_FAILED,
 * HUB_UNREACHABLE, HUB_STALLED, HUB_OFFLINE; the signal's reason when it rises
 */
export function createHubFetch(
  settings: HubSettings,
  { what, answerMs = ANSWER_MS }: HubFetchOptions,
): typeof fetch {
  const home = originOf(settings.endpoint);
  return async (input, init = {}) => {
    if (settings.offline) throw offline(what);
    let url = new URL(input instanceof Request ? input.url : String(input));
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const token = url.origin === home ? settings.token : undefined;
      const response = await ask(url, token, init, answerMs);
      const to = isRedirect(response.status) ? response.headers.get('location') : null;
      if (to === null) {
        if (response.ok || response.status === 416) return response;
        await response.body?.cancel().catch(() => {});
        throw answerError(what, response.status, response.headers, settings.token !== undefined);
      }
      await response.body?.cancel().catch(() => {});
      url = redirected(url, to);
    }
    throw new KintsugiError('HUB_FAILED', `The hub sends in circles for ${what}.`, {
      next: 'Check HF_ENDPOINT, or try again later.',
    });
  };
}

/** Where the access token may go. */
function originOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url.origin;
  throw new KintsugiError('ARGUMENT_INVALID', `HF_ENDPOINT is no web address: "${endpoint}".`, {
    next: 'Give it in full, as https://huggingface.co, or unset it.',
    field: 'HF_ENDPOINT',
  });
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

function redirected(from: URL, location: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const safe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && from.protocol === 'http:');
  if (url !== undefined && safe) return url;
  throw new KintsugiError('HUB_FAILED', 'The hub points to an address that is not secure.', {
    next: 'Check HF_ENDPOINT, and that nothing between here and the hub interferes.',
  });
}

async function ask(
  url: URL,
  token: string | undefined,
  init: RequestInit,
  answerMs: number,
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('user-agent', `kintsugi/${VERSION}`);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  else headers.delete('authorization');
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), answerMs);
  const signals = [waiting.signal, ...(init.signal ? [init.signal] : [])];
  try {
    return await fetch(url.href, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any(signals),
    });
  } catch (cause) {
    if (init.signal?.aborted) throw init.signal.reason;
    throw waiting.signal.aborted ? stalled(answerMs / 1000) : unreachable(url.host, cause);
  } finally {
    clearTimeout(timer);
  }
}

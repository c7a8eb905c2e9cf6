import { KintsugiError } from '../../shared/errors.ts';

/** What the hub answered instead of what was asked for; `what` names it for people. */
export function answerError(
  what: string,
  status: number,
  headers: Headers,
  hadToken: boolean,
): KintsugiError {
  const code = headers.get('x-error-code');
  if (code === 'GatedRepo' || status === 403) return gated(what, hadToken);
  if (status === 401) return unauthorized(what, hadToken);
  if (status === 404) return notFound(what, code);
  if (status === 429) return rateLimited(headers);
  return new KintsugiError('HUB_FAILED', `The hub answered ${status} for ${what}.`, {
    next:
      status >= 500
        ? 'The hub has a fault of its own; try again later. What has arrived is kept.'
        : 'Check HF_ENDPOINT, and that the name is right.',
  });
}

const gated = (what: string, hadToken: boolean): KintsugiError =>
  new KintsugiError('HUB_GATED', `Its authors let only people in who have asked: ${what}.`, {
    next: hadToken
      ? 'Open its page on the hub, accept the terms, and try again once access is granted.'
      : 'Open its page on the hub, accept the terms, then give your access token (HF_TOKEN, or Settings).',
    field: 'access',
  });

const unauthorized = (what: string, hadToken: boolean): KintsugiError =>
  new KintsugiError(
    'HUB_UNAUTHORIZED',
    hadToken
      ? `The hub does not accept the access token for ${what}.`
      : `The hub shows ${what} to nobody without an access token: it is private, or does not exist.`,
    {
      next: hadToken
        ? 'Make a new token on the hub, and put it in place of the old one (HF_TOKEN, or Settings).'
        : 'Check the spelling; for a private repository give your access token (HF_TOKEN, or Settings).',
      field: 'token',
    },
  );

function notFound(what: string, code: string | null): KintsugiError {
  const part =
    code === 'RevisionNotFound' ? ' of that revision' : code === 'EntryNotFound' ? ' file' : '';
  return new KintsugiError('HUB_NOT_FOUND', `The hub has no${part} ${what}.`, {
    next: 'Check the spelling, capitals included, or search for it.',
    field: 'id',
  });
}

function rateLimited(headers: Headers): KintsugiError {
  const seconds = retryAfter(headers);
  const wait = seconds === undefined ? 'some minutes' : `${seconds} s`;
  return new KintsugiError('HUB_RATE_LIMITED', 'The hub was asked too much in a short time.', {
    next: `Wait ${wait}, then go on: what has arrived is kept. With an access token the limit is higher.`,
    field: 'rate',
  });
}

/** Seconds that the hub asks to wait, from either header that it uses. */
function retryAfter(headers: Headers): number | undefined {
  const after = headers.get('retry-after');
  const seconds = Number(after ?? Number.NaN);
  if (after !== null && Number.isFinite(seconds)) return Math.max(1, Math.ceil(seconds));
  const date = Date.parse(after ?? '');
  if (Number.isFinite(date)) return Math.max(1, Math.ceil((date - Date.now()) / 1000));
  const window = /(?:^|;)\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  return window === undefined ? undefined : Number(window);
}

export const offline = (what: string): KintsugiError =>
  new KintsugiError('HUB_OFFLINE', `Offline mode is on, and ${what} is not on this machine.`, {
    next: 'Unset HF_HUB_OFFLINE to reach the hub, or choose a model that is already here.',
    field: 'HF_HUB_OFFLINE',
  });

export const unreachable = (host: string, cause: unknown): KintsugiError =>
  new KintsugiError('HUB_UNREACHABLE', `${host} cannot be reached (${reasonOf(cause)}).`, {
    next: 'Check the network connection. What is on this machine works without it.',
    field: 'network',
    cause,
  });

export const stalled = (seconds: number): KintsugiError =>
  new KintsugiError('HUB_STALLED', `Nothing has arrived from the hub for ${seconds} s.`, {
    next: 'Check the network connection, then go on: what has arrived is kept.',
    field: 'network',
  });

export const diskFull = (folder: string, cause?: unknown): KintsugiError =>
  new KintsugiError('DISK_INSUFFICIENT', 'The disk is full; the download has stopped.', {
    next: 'Free some space, then go on: what has arrived is kept. HF_HUB_CACHE names another disk.',
    file: folder,
    field: 'disk',
    cause,
  });

export const corrupt = (path: string): KintsugiError =>
  new KintsugiError('HUB_CORRUPT', `${path} arrived damaged twice, so nothing of it was kept.`, {
    next: 'Try again; if it stays so, something between here and the hub changes what it carries.',
    field: path,
  });

/** undici wraps what happened: "fetch failed" says nothing. */
function reasonOf(cause: unknown): string {
  const inner = (cause as Error | undefined)?.cause ?? cause;
  const { code, message } = (inner ?? {}) as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? code ?? message ?? 'unknown';
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers there',
  ECONNRESET: 'the connection was cut',
  ENETUNREACH: 'there is no network',
  ENOTFOUND: 'there is no such host, or no network',
  EAI_AGAIN: 'names cannot be looked up: there is no network',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
};

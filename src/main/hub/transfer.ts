import { setTimeout as sleep } from 'node:timers/promises';
import { KintsugiError } from '../../shared/errors.ts';
import { corrupt, diskFull, stalled, unreachable } from './failure.ts';
import { type ContentHash, type OpenFile, PartFile } from './part-file.ts';

export interface RemoteFile {
  readonly url: string;
  /** For people. */
  readonly path: string;
  readonly size: number;
  readonly hash: ContentHash;
}

export interface TransferOptions {
  /** Follows redirects and throws what is no success. */
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** Told how many bytes of the file are there; less than before when it starts anew. */
  readonly onBytes: (bytes: number) => void;
  /** Told in a sentence why a file starts anew. */
  readonly onNotice: (text: string) => void;
  /** Silence after which a connection is given up, in milliseconds. */
  readonly stallMs?: number;
  /** Connections in a row that may bring nothing before the transfer gives up. */
  readonly attempts?: number;
  /** First wait between them, in milliseconds; it doubles. */
  readonly retryMs?: number;
  readonly openFile?: OpenFile;
}

const STALL_MS = 30_000;
const ATTEMPTS = 5;
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Downloads one file to `target` through a part file beside it, which a later call goes on with.
 * Cut connections are taken up again where they broke; what arrives damaged is fetched once more.
 * @throws KintsugiError HUB_CORRUPT, HUB_STALLED, HUB_UNREACHABLE, DISK_INSUFFICIENT, and what the
 * hub answers; the signal's reason when it rises
 */
export async function transfer(
  file: RemoteFile,
  target: string,
  options: TransferOptions,
): Promise<void> {
  const part = await PartFile.open(target, file.hash, file.size, options.openFile).catch(
    (cause) => {
      throw asDiskFull(cause, target);
    },
  );
  try {
    await fill(part, file, options);
    if (!part.isSound()) {
      await startAnew(part, `${file.path} arrived damaged and is fetched again.`, options);
      await fill(part, file, options);
    }
    if (!part.isSound()) {
      await part.restart();
      throw corrupt(file.path);
    }
    await part.finish();
  } catch (cause) {
    throw asDiskFull(cause, target);
  } finally {
    await part.leave();
  }
}

async function startAnew(part: PartFile, why: string, options: TransferOptions): Promise<void> {
  options.onNotice(why);
  await part.restart();
  options.onBytes(0);
}

/** Connections until every byte is there. */
async function fill(part: PartFile, file: RemoteFile, options: TransferOptions): Promise<void> {
  const { signal, attempts = ATTEMPTS, retryMs = RETRY_MS } = options;
  options.onBytes(part.size);
  // The furthest that it has come: starting anew again and again is no progress.
  let furthest = part.size;
  for (let barren = 0; part.size < file.size; ) {
    try {
      const begun = await receive(part, file, options);
      if (begun && part.size < file.size) throw unreachable(new URL(file.url).host, CUT);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      barren = part.size > furthest ? 1 : barren + 1;
      furthest = Math.max(furthest, part.size);
      if (barren >= attempts) throw error;
      await sleep(Math.min(retryMs * 2 ** (barren - 1), LONGEST_RETRY_MS), undefined, {
        signal,
      }).catch(() => signal.throwIfAborted());
    }
  }
}

const CUT = new Error('the connection was cut');

/** Failures that another try may not meet. */
const isPassing = (error: unknown): boolean =>
  error instanceof KintsugiError &&
  (error.code === 'HUB_UNREACHABLE' || error.code === 'HUB_STALLED' || error.code === 'HUB_FAILED');

/** One connection: asks for the bytes that are missing, and writes what comes, if it can be used. */
async function receive(
  part: PartFile,
  file: RemoteFile,
  options: TransferOptions,
): Promise<boolean> {
  const { signal, stallMs = STALL_MS } = options;
  const response = await options.fetch(file.url, { headers: rangeHeaders(part), signal });
  if (!(await accept(part, file, response, options))) {
    await response.body?.cancel().catch(() => {});
    return false;
  }
  if (response.body === null) return true;
  try {
    for await (const chunk of chunksOf(response.body, signal, stallMs)) {
      // More than was listed cannot be right: the hash is asked about what was.
      await part.write(chunk.subarray(0, file.size - part.size));
      options.onBytes(part.size);
      if (part.size === file.size) break;
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof KintsugiError || isFileSystem(cause)) throw cause;
    throw unreachable(new URL(file.url).host, cause);
  }
  return true;
}

/** A body until it ends, falls silent, or is no longer wanted; then its connection is closed. */
async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  stallMs: number,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await orSilence(reader.read(), signal, stallMs);
      if (done) return;
      yield value;
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

function orSilence<T>(next: Promise<T>, signal: AbortSignal, stallMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(stalled(stallMs / 1000)), stallMs);
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    next.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    });
  });
}

function rangeHeaders(part: PartFile): Record<string, string> {
  // Compressed on the way, sizes and offsets would mean something else.
  const plain = { 'accept-encoding': 'identity' };
  if (part.size === 0) return plain;
  const range = { ...plain, range: `bytes=${part.size}-` };
  return part.etag === undefined ? range : { ...range, 'if-range': part.etag };
}

/** Makes the part file ready for the answer's bytes; false when the question must be put again. */
async function accept(
  part: PartFile,
  { path }: RemoteFile,
  response: Response,
  options: TransferOptions,
): Promise<boolean> {
  const etag = strongEtag(response);
  const resumed = part.size > 0;
  const changed = resumed && part.etag !== undefined && etag !== part.etag;
  if (response.status === 206) {
    const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (Number(start) === part.size && !changed) return true;
    await startAnew(part, `${path} has changed on the hub and starts anew.`, options);
    return false;
  }
  if (response.status === 416) {
    await startAnew(part, `${path} is not as long as it was and starts anew.`, options);
    return false;
  }
  if (resumed) {
    const why = changed ? 'has changed on the hub' : 'cannot be continued: the hub sent all of it';
    await startAnew(part, `${path} ${why} and starts anew.`, options);
  }
  await part.setEtag(etag);
  return true;
}

/** Only a strong one promises equal bytes. */
function strongEtag({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  return etag === null || etag.startsWith('W/') ? undefined : etag;
}

const isFileSystem = (cause: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'].includes(
    (cause as NodeJS.ErrnoException)?.code ?? '',
  );

const asDiskFull = (cause: unknown, target: string): unknown =>
  ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException)?.code ?? '')
    ? diskFull(target, cause)
    : cause;

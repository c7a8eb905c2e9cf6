import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A repository of the fake hub. */
export interface FakeRepository {
  readonly kind?: 'model' | 'dataset';
  /** "org/name". */
  readonly id: string;
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  readonly access?: 'open' | 'private' | 'gated';
  readonly licence?: string;
  readonly downloads?: number;
  /** What the search tells of config.json. */
  readonly config?: object;
  readonly parameters?: number;
}

/** What goes wrong; a test changes it while the hub runs. Byte counts are of one connection. */
export interface Faults {
  /** Connections are cut after so many bytes. */
  dropAfter?: number;
  /** How many connections the cut is for; all when left out. */
  drops?: number;
  /** Connections fall silent after so many bytes. */
  stallAfter?: number;
  /** The byte at this place of a large file is another one, so many times. */
  corruptAt?: number;
  corruptions?: number;
  /** Overrides the ETag of large files. */
  etag?: string;
  /** 200 and everything, whatever Range says. */
  ignoreRanges?: boolean;
  /** Every file answers with this status. */
  status?: number;
  /** With status 429. */
  retryAfter?: string;
  /** Bytes a second of large files. */
  speed?: number;
}

export interface SeenRequest {
  readonly host: 'hub' | 'files';
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export interface FakeHub {
  /** For HF_ENDPOINT. */
  readonly endpoint: string;
  readonly faults: Faults;
  readonly seen: SeenRequest[];
  close(): Promise<void>;
}

export const GOOD_TOKEN = 'hf_good';
/** Valid, but its owner was not let in. */
export const STRANGER_TOKEN = 'hf_stranger';

const PAGE = 3;
const LARGE = 2000;

const hex = (algorithm: string, bytes: Uint8Array | string): string =>
  createHash(algorithm).update(bytes).digest('hex');
const gitHash = (bytes: Buffer): string =>
  hex('sha1', Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));
export const commitOf = ({ id, files }: FakeRepository): string =>
  hex('sha1', id + JSON.stringify(Object.keys(files)));

interface Content {
  readonly bytes: Buffer;
  readonly large: boolean;
  readonly sha256: string;
}

function contentOf(value: Uint8Array | string, path: string): Content {
  const bytes = Buffer.from(value as Uint8Array);
  const large = bytes.length > LARGE || /\.(safetensors|parquet)$/.test(path);
  return { bytes, large, sha256: hex('sha256', bytes) };
}

/**
 * A hub on loopback: search in pages, repositories, trees, and files that redirect to a second host
 * as the real one's large files do.
 */
export async function startFakeHub(repositories: readonly FakeRepository[]): Promise<FakeHub> {
  const faults: Faults = {};
  const seen: SeenRequest[] = [];
  const blobs = new Map<string, Content>();
  for (const { files } of repositories)
    for (const [path, value] of Object.entries(files)) {
      const content = contentOf(value, path);
      blobs.set(content.sha256, content);
    }
  const note = (host: SeenRequest['host'], { url, headers }: IncomingMessage) =>
    seen.push({
      host,
      path: url!,
      authorization: headers.authorization,
      range: headers.range,
      ifRange: headers['if-range'] as string | undefined,
    });

  const files = await listen(async (request, response) => {
    note('files', request);
    const content = blobs.get(request.url!.slice(1));
    if (content === undefined) return void response.writeHead(404).end();
    await sendFile(request, response, content, `"${content.sha256}"`, faults);
  });
  const hub = await listen(async (request, response) => {
    note('hub', request);
    await answer(request, response, { repositories, faults, files: addressOf(files) });
  });
  return {
    endpoint: addressOf(hub),
    faults,
    seen,
    close: async () => {
      for (const server of [hub, files]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Server> {
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

const addressOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

interface Context {
  readonly repositories: readonly FakeRepository[];
  readonly faults: Faults;
  readonly files: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  const url = new URL(request.url!, `http://${request.headers.host}`);
  const list = /^\/api\/(model|dataset)s$/.exec(url.pathname);
  if (list) return search(response, url, list[1]!, context);
  const asked =
    /^\/api\/(model|dataset)s\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/.exec(url.pathname) ??
    /^\/(datasets\/)?([^/]+\/[^/]+)\/(resolve)\/([^/]+)\/(.+)$/.exec(url.pathname);
  if (!asked) return void response.writeHead(404).end();
  const [, type, id, action, revision, path] = asked;
  const kind = type?.startsWith('dataset') ? 'dataset' : 'model';
  const repository = context.repositories.find(
    (one) => one.id === id && (one.kind ?? 'model') === kind,
  );
  const token = request.headers.authorization?.replace('Bearer ', '');
  const refusal = refuse(repository, token, action!);
  if (refusal) {
    const [status, code] = refusal;
    return void response.writeHead(status, code ? { 'x-error-code': code } : {}).end();
  }
  if (!['main', 'HEAD', commitOf(repository!)].includes(revision!))
    return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
  if (action === 'revision') return json(response, entryOf(repository!));
  if (action === 'tree') return json(response, treeOf(repository!));
  await resolve(request, response, repository!, decodeURIComponent(path!), context);
}

function json(response: ServerResponse, value: object): void {
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(value));
}

function refuse(
  repository: FakeRepository | undefined,
  token: string | undefined,
  action: string,
): [number, string?] | undefined {
  if (token !== undefined && token !== GOOD_TOKEN && token !== STRANGER_TOKEN) return [401];
  if (repository === undefined)
    return token === undefined ? [401, 'RepoNotFound'] : [404, 'RepoNotFound'];
  if (repository.access === 'private' && token !== GOOD_TOKEN)
    return token === undefined ? [401, 'RepoNotFound'] : [404, 'RepoNotFound'];
  // As on the real hub, everyone may see what a gated repository holds.
  if (repository.access === 'gated' && action === 'resolve' && token !== GOOD_TOKEN)
    return [token === undefined ? 401 : 403, 'GatedRepo'];
  return undefined;
}

function search(response: ServerResponse, url: URL, kind: string, { repositories }: Context): void {
  const words = url.searchParams.get('search')?.toLowerCase() ?? '';
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const size = Math.min(PAGE, Number(url.searchParams.get('limit') ?? PAGE));
  const found = repositories.filter(
    (one) => (one.kind ?? 'model') === kind && one.id.toLowerCase().includes(words),
  );
  if (from + size < found.length) {
    url.searchParams.set('cursor', String(from + size));
    response.setHeader('link', `<${url.href}>; rel="next"`);
  }
  json(response, found.slice(from, from + size).map(entryOf));
}

function entryOf(repository: FakeRepository): object {
  const { id, files, access = 'open', licence = 'apache-2.0', downloads = 0 } = repository;
  const { config, parameters } = repository;
  return {
    _id: hex('sha1', id).slice(0, 24),
    id,
    sha: commitOf(repository),
    private: access === 'private',
    gated: access === 'gated' ? 'manual' : false,
    downloads,
    likes: Math.floor(downloads / 10),
    lastModified: '2026-01-02T03:04:05.000Z',
    pipeline_tag: 'text-generation',
    library_name: 'transformers',
    tags: Object.keys(files).some((path) => path.endsWith('.safetensors')) ? ['safetensors'] : [],
    cardData: { license: licence },
    siblings: Object.keys(files).map((rfilename) => ({ rfilename })),
    ...(config && { config }),
    ...(parameters && { safetensors: { parameters: { F32: parameters }, total: parameters } }),
  };
}

const treeOf = ({ files }: FakeRepository): object[] =>
  Object.entries(files).map(([path, value]) => {
    const { bytes, large, sha256 } = contentOf(value, path);
    return {
      type: 'file',
      path,
      size: bytes.length,
      oid: large ? hex('sha1', sha256) : gitHash(bytes),
      ...(large && { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } }),
    };
  });

async function resolve(
  request: IncomingMessage,
  response: ServerResponse,
  repository: FakeRepository,
  path: string,
  { faults, files }: Context,
): Promise<void> {
  const value = repository.files[path];
  if (value === undefined)
    return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
  if (faults.status !== undefined) {
    const wait = faults.retryAfter === undefined ? {} : { 'retry-after': faults.retryAfter };
    return void response.writeHead(faults.status, wait).end();
  }
  const content = contentOf(value, path);
  response.setHeader('x-repo-commit', commitOf(repository));
  if (!content.large)
    return sendFile(request, response, content, `"${gitHash(content.bytes)}"`, {});
  response.setHeader('x-linked-etag', `"${content.sha256}"`);
  response.setHeader('x-linked-size', content.bytes.length);
  response.writeHead(302, { location: `${files}/${content.sha256}` }).end();
}

async function sendFile(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { bytes }: Content,
  realEtag: string,
  faults: Faults,
): Promise<void> {
  const etag = faults.etag ?? realEtag;
  response.setHeader('etag', etag);
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? Number.NaN);
  const same = headers['if-range'] === undefined || headers['if-range'] === etag;
  const partial = Number.isInteger(start) && same && !faults.ignoreRanges;
  if (partial && start >= bytes.length) return void response.writeHead(416).end();
  const from = partial ? start : 0;
  if (partial)
    response.setHeader('content-range', `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
  response.setHeader('content-length', bytes.length - from);
  response.writeHead(partial ? 206 : 200).flushHeaders();
  await sendBody(response, corrupted(bytes, faults).subarray(from), faults);
}

function corrupted(bytes: Buffer, faults: Faults): Buffer {
  if (faults.corruptAt === undefined || faults.corruptions === 0) return bytes;
  if (faults.corruptions !== undefined) faults.corruptions--;
  const copy = Buffer.from(bytes);
  copy[faults.corruptAt]! ^= 1;
  return copy;
}

async function sendBody(response: ServerResponse, body: Buffer, faults: Faults): Promise<void> {
  const drops = faults.dropAfter !== undefined && faults.drops !== 0;
  const end = drops ? faults.dropAfter! : (faults.stallAfter ?? body.length);
  const sent = body.subarray(0, end);
  const slice = faults.speed === undefined ? sent.length : Math.ceil(faults.speed / 20);
  for (let at = 0; at < sent.length && !response.destroyed; at += slice) {
    response.write(sent.subarray(at, at + slice));
    if (faults.speed !== undefined) await sleep(50);
  }
  if (end >= body.length) return void response.end();
  if (!drops) return;
  if (faults.drops !== undefined) faults.drops--;
  // A reader that sees the cut before the bytes throws the bytes away.
  await sleep(200);
  response.destroy();
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Server, startServer } from '../../../src/main/host/server.ts';
import { forkCompute } from '../../../src/main/jobs/node-process.ts';
import { BROWSER_SHELL } from '../../../src/main/router/services.ts';
import { openWorkbench, type Workbench } from '../../../src/main/workbench.ts';

let folder: string;
let workbench: Workbench;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kintsugi-host-'));
  const files = join(folder, 'files');
  mkdirSync(join(files, 'assets'), { recursive: true });
  writeFileSync(join(files, 'index.html'), '<p>workbench</p>');
  writeFileSync(join(files, 'assets', 'app.js'), 'export {};');
  writeFileSync(join(folder, 'secret.html'), 'outside');
  workbench = await openWorkbench({
    home: join(folder, 'home'),
    shell: BROWSER_SHELL,
    startCompute: forkCompute,
  });
  server = await startServer({ router: workbench.router, files, port: 0 });
});

afterAll(async () => {
  await server.close();
  await workbench.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** As sent: fetch would tidy paths and refuse to set Host. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = server;
    const host = `127.0.0.1:${port}`;
    const sent = request({ port, host: '127.0.0.1', path, method, headers: { host, ...headers } });
    sent.on('error', reject);
    sent.on('response', async (response) => {
      const chunks: unknown[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const body = Buffer.concat(chunks as Buffer[]).toString();
      resolve({ status: response.statusCode!, headers: response.headers, body });
    });
    sent.end();
  });
}

const own = () => `http://127.0.0.1:${server.port}`;
const protocols = () => ['kintsugi', `kintsugi-token.${server.token}`];

interface SocketOptions {
  readonly origin?: string;
  readonly host?: string;
  readonly path?: string;
  readonly protocols?: string[];
}

/** The status that refused the connection, or 101. */
function upgrade(options: SocketOptions): Promise<number> {
  const { origin = own(), host, path = '/api' } = options;
  return new Promise((resolve) => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${server.port}${path}`,
      options.protocols ?? protocols(),
      { origin, headers: host === undefined ? {} : { host } },
    );
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
    socket.on('error', () => undefined);
  });
}

it('serves the page on loopback only, with its policy, and keeps the token out of what it logs', async () => {
  const { status, headers, body } = await ask('/');
  expect([status, body]).toEqual([200, '<p>workbench</p>']);
  expect(headers['content-security-policy']).toContain("script-src 'self';");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['referrer-policy']).toBe('no-referrer');
  expect(new URL(server.url).search).toBe('');
  expect(new URL(server.url).hash).toBe(`#token=${server.token}`);
  expect(server.token.length).toBeGreaterThanOrEqual(32);
});

it('does not listen beyond loopback', async () => {
  const addresses = (await import('node:os')).networkInterfaces();
  const outside = Object.values(addresses)
    .flatMap((list) => list ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  if (outside === undefined) return;
  const reached = await new Promise((done) => {
    const socket = connect(server.port, outside.address);
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
  expect(reached).toBe(false);
});

it.each(['example.org', '127.0.0.1', '127.0.0.1:1', 'localhost.example.org', '[::1]'])(
  'refuses the host name %s',
  async (host) => {
    expect((await ask('/', { host })).status).toBe(403);
    expect(await upgrade({ host, origin: `http://${host}` })).toBe(403);
  },
);

it.each(['http://example.org', 'null', 'https://127.0.0.1', 'http://localhost:1'])(
  'refuses the origin %s',
  async (origin) => {
    expect((await ask('/', { origin })).status).toBe(403);
    expect(await upgrade({ origin })).toBe(403);
  },
);

it('accepts localhost as its name, with that origin', async () => {
  const host = `localhost:${server.port}`;
  expect((await ask('/', { host })).status).toBe(200);
  expect(await upgrade({ host, origin: `http://${host}` })).toBe(101);
});

it('connects a page that has the token, and no other', async () => {
  expect(await upgrade({})).toBe(101);
  expect(await upgrade({ protocols: [] })).toBe(401);
  expect(await upgrade({ protocols: ['kintsugi'] })).toBe(401);
  expect(await upgrade({ protocols: ['kintsugi', 'kintsugi-token.'] })).toBe(401);
  expect(await upgrade({ protocols: ['kintsugi', 'kintsugi-token.guess'] })).toBe(401);
  expect(await upgrade({ protocols: [protocols()[1]!] })).toBe(401);
  expect(await upgrade({ path: `/api?token=${server.token}` })).toBe(404);
  expect(await upgrade({ path: '/other' })).toBe(404);
});

it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s', async (method) => {
  expect((await ask('/', {}, method)).status).toBe(405);
});

it.each([
  '/../secret.html',
  '/%2e%2e/secret.html',
  '/..%2fsecret.html',
  '/..%5csecret.html',
  '//etc/passwd',
  '/%00',
  '/%E0%A4%A',
  '/assets',
  '/api',
])('serves no file for %s', async (path) => {
  expect((await ask(path)).status).toBe(404);
});

it('ends a connection that sends too much', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api`, protocols(), { origin: own() });
  const code = await new Promise((done) => {
    socket.on('open', () => socket.send(Buffer.alloc(64 * 2 ** 20 + 1, 'x').toString()));
    socket.on('close', done);
    socket.on('error', () => undefined);
  });
  expect(code).toBe(1009);
  expect(await upgrade({})).toBe(101);
});

it.each(['', 'hello', '{', '[]', 'null', '{"id":1}', '{"id":1,"method":"mutation"}'])(
  'survives the message %j',
  async (message) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api`, protocols(), {
      origin: own(),
    });
    await new Promise((done) => socket.on('open', done));
    socket.send(message);
    socket.send(
      JSON.stringify({ id: 9, method: 'mutation', params: { path: 'runs.list', input: {} } }),
    );
    const answer = await new Promise<string>((done) => {
      socket.on('message', (data) => {
        if (String(data).includes('"id":9')) done(String(data));
      });
      socket.on('close', () => done('closed'));
    });
    expect(answer === 'closed' || JSON.parse(answer).result.data.length === 0).toBe(true);
    socket.terminate();
    expect(await upgrade({})).toBe(101);
  },
);

it('says which port it could not take', async () => {
  const { port } = server;
  const second = startServer({ router: workbench.router, files: folder, port });
  await expect(second).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE', field: '--port' });
});

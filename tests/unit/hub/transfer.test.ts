import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHubFetch } from '../../../src/main/hub/fetch.ts';
import { partPath } from '../../../src/main/hub/part-file.ts';
import { hubSettings } from '../../../src/main/hub/settings.ts';
import { type RemoteFile, type TransferOptions, transfer } from '../../../src/main/hub/transfer.ts';
import { type FakeHub, startFakeHub } from '../../support/fake-hub.ts';
import { temporaryFolder } from '../db/temporary.ts';

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));
const SMALL = Buffer.from('{"small": true}\n');
const REPOSITORY = { id: 'org/m', files: { 'model.safetensors': BYTES, 'config.json': SMALL } };

let hub: FakeHub;
let target = '';
let notices: string[] = [];
let progress: number[] = [];
beforeEach(async () => {
  hub = await startFakeHub([REPOSITORY]);
  target = join(temporaryFolder(), 'blobs', 'blob');
  notices = [];
  progress = [];
});
afterEach(() => hub.close());

const large = (): RemoteFile => ({
  url: `${hub.endpoint}/org/m/resolve/main/model.safetensors`,
  path: 'model.safetensors',
  size: BYTES.length,
  hash: { algorithm: 'sha256', value: createHash('sha256').update(BYTES).digest('hex') },
});

function download(changes: Partial<TransferOptions> = {}, file = large()): Promise<void> {
  const settings = hubSettings({ HF_ENDPOINT: hub.endpoint, HF_TOKEN: 'hf_good' });
  return transfer(file, target, {
    fetch: createHubFetch(settings, { what: 'org/m', answerMs: 2000 }),
    signal: new AbortController().signal,
    onBytes: (bytes) => progress.push(bytes),
    onNotice: (text) => notices.push(text),
    stallMs: 150,
    retryMs: 1,
    attempts: 3,
    ...changes,
  });
}

const filesRequests = () => hub.seen.filter(({ host }) => host === 'files');
const saved = () => readFileSync(target);

describe('transfer', () => {
  it('fetches a large file from where the hub points, without the token', async () => {
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    expect(existsSync(partPath(target))).toBe(false);
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(BYTES.length);
    expect(hub.seen.map(({ host, authorization }) => [host, authorization])).toEqual([
      ['hub', 'Bearer hf_good'],
      ['files', undefined],
    ]);
  });

  it('checks a small file by its git hash', async () => {
    const file = (value: string): RemoteFile => ({
      url: `${hub.endpoint}/org/m/resolve/main/config.json`,
      path: 'config.json',
      size: SMALL.length,
      hash: { algorithm: 'git', value },
    });
    const right = createHash('sha1').update(`blob ${SMALL.length}\0`).update(SMALL).digest('hex');
    await download({}, file(right));
    expect(saved().equals(SMALL)).toBe(true);
    target = `${target}-2`;
    await expect(download({}, file('0'.repeat(40)))).rejects.toMatchObject({ code: 'HUB_CORRUPT' });
    expect(existsSync(target)).toBe(false);
  });

  it.each([1, 1000, 299_999])('goes on where the connection broke at byte %d', async (k) => {
    Object.assign(hub.faults, { dropAfter: k, drops: 1 });
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    const [first, second] = filesRequests();
    expect(first!.range).toBeUndefined();
    expect(second).toMatchObject({ range: `bytes=${k}-`, ifRange: `"${large().hash.value}"` });
    expect(notices).toEqual([]);
  });

  it('an interrupted download goes on in another process’s time', async () => {
    hub.faults.stallAfter = 123_456;
    await expect(download({ attempts: 1 })).rejects.toMatchObject({
      code: 'HUB_STALLED',
      next: expect.stringMatching(/network/),
    });
    expect(readFileSync(partPath(target)).length).toBe(123_456);
    delete hub.faults.stallAfter;
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    expect(filesRequests().at(-1)!.range).toBe('bytes=123456-');
  });

  it('starts anew, and says so, when the file has changed meanwhile', async () => {
    hub.faults.stallAfter = 50_000;
    await expect(download({ attempts: 1 })).rejects.toMatchObject({ code: 'HUB_STALLED' });
    Object.assign(hub.faults, { stallAfter: undefined, etag: '"another"' });
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    expect(notices).toEqual([expect.stringMatching(/has changed on the hub and starts anew/)]);
  });

  it('starts anew when the hub sends all of it in answer to a range', async () => {
    hub.faults.stallAfter = 50_000;
    await expect(download({ attempts: 1 })).rejects.toMatchObject({ code: 'HUB_STALLED' });
    Object.assign(hub.faults, { stallAfter: undefined, ignoreRanges: true });
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    expect(notices).toEqual([expect.stringMatching(/the hub sent all of it and starts anew/)]);
  });

  describe('goes on only with what fits', () => {
    const part = 50_000;
    const whole = () => new Response(BYTES, { headers: { etag: '"v"' } });
    const partial = (start: number, etag: string) => () =>
      new Response(BYTES.subarray(start), {
        status: 206,
        headers: { etag, 'content-range': `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` },
      });

    it.each<[string, () => Response, RegExp]>([
      ['the end of a shorter file', () => new Response(null, { status: 416 }), /not as long/],
      ['bytes from another place', partial(part + 1, '"v"'), /has changed/],
      ['bytes of another version', partial(part, '"w"'), /has changed/],
    ])('not with %s', async (_, wrong, notice) => {
      Object.assign(hub.faults, { stallAfter: part, etag: '"v"' });
      await expect(download({ attempts: 1 })).rejects.toMatchObject({ code: 'HUB_STALLED' });
      const answers = [wrong, whole];
      await download({ fetch: async () => answers.shift()!() });
      expect(saved().equals(BYTES)).toBe(true);
      expect(answers).toEqual([]);
      expect(notices).toEqual([expect.stringMatching(notice)]);
    });

    it('with as many bytes as were listed', async () => {
      await download({ fetch: async () => new Response(Buffer.concat([BYTES, SMALL])) });
      expect(saved().equals(BYTES)).toBe(true);
      expect(notices).toEqual([]);
    });

    it('by an ETag that promises equal bytes', async () => {
      Object.assign(hub.faults, { stallAfter: part, etag: 'W/"v"' });
      await expect(download({ attempts: 1 })).rejects.toMatchObject({ code: 'HUB_STALLED' });
      delete hub.faults.stallAfter;
      await download();
      expect(saved().equals(BYTES)).toBe(true);
      expect(filesRequests().at(-1)).toMatchObject({
        range: `bytes=${part}-`,
        ifRange: undefined,
      });
    });
  });

  it('an ETag that changes at every connection ends in an error, not in a loop', async () => {
    hub.faults.stallAfter = 50_000;
    let turn = 0;
    const changing = setInterval(() => {
      hub.faults.etag = `"${turn++}"`;
    }, 1);
    await expect(download()).rejects.toMatchObject({ code: 'HUB_STALLED' });
    clearInterval(changing);
  });

  it('fetches once more what arrives damaged', async () => {
    Object.assign(hub.faults, { corruptAt: 200_000, corruptions: 1 });
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    expect(notices).toEqual([expect.stringMatching(/damaged and is fetched again/)]);
  });

  it('refuses what arrives damaged twice, and keeps nothing of it', async () => {
    hub.faults.corruptAt = 200_000;
    await expect(download()).rejects.toMatchObject({ code: 'HUB_CORRUPT' });
    expect(existsSync(target)).toBe(false);
    expect(readFileSync(partPath(target)).length).toBe(0);
  });

  it('a damaged part on the disk is found out', async () => {
    hub.faults.stallAfter = 100_000;
    await expect(download({ attempts: 1 })).rejects.toMatchObject({ code: 'HUB_STALLED' });
    const part = await open(partPath(target), 'r+');
    await part.write(Buffer.of(0, 1, 2), 0, 3, 5000);
    await part.close();
    delete hub.faults.stallAfter;
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    expect(notices).toHaveLength(1);
  });

  it('a part that is longer than the file is none of it', async () => {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(partPath(target), Buffer.alloc(BYTES.length + 1));
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    expect(notices).toEqual([]);
  });

  it('tells a silent connection from a lost one', async () => {
    hub.faults.stallAfter = 0;
    await expect(download({ attempts: 2 })).rejects.toMatchObject({
      code: 'HUB_STALLED',
      message: expect.stringMatching(/0\.15 s/),
    });
  });

  it('a write that finds no room says so, whichever it is, and a later try goes on', async () => {
    hub.faults.speed = 400_000;
    for (let failing = 0; failing < 5; failing++) {
      let writes = 0;
      const fullDisk = async (path: string, flags: string) => {
        const file = await open(path, flags);
        const write = file.write.bind(file) as (...parameters: unknown[]) => Promise<unknown>;
        file.write = ((...parameters: unknown[]) => {
          if (writes++ < failing) return write(...parameters);
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        }) as typeof file.write;
        return file;
      };
      await expect(download({ openFile: fullDisk })).rejects.toMatchObject({
        code: 'DISK_INSUFFICIENT',
        next: expect.stringMatching(/what has arrived is kept/),
      });
    }
    delete hub.faults.speed;
    const before = readFileSync(partPath(target)).length;
    expect(before).toBeGreaterThan(0);
    await download();
    expect(saved().equals(BYTES)).toBe(true);
    expect(filesRequests().at(-1)!.range).toBe(`bytes=${before}-`);
  });

  it('stops when asked, and keeps what there is', async () => {
    hub.faults.speed = 200_000;
    const stop = new AbortController();
    const downloading = download({
      signal: stop.signal,
      onBytes: (bytes) => bytes > 0 && stop.abort(new Error('paused')),
    });
    await expect(downloading).rejects.toThrow('paused');
    expect(readFileSync(partPath(target)).length).toBeGreaterThan(0);
  });

  it.each([
    [404, {}, 'HUB_NOT_FOUND'],
    [403, {}, 'HUB_GATED'],
    [401, {}, 'HUB_UNAUTHORIZED'],
    [429, { retryAfter: '17' }, 'HUB_RATE_LIMITED'],
    [503, {}, 'HUB_FAILED'],
  ])('answer %d has an error of its own', async (status, more, code) => {
    Object.assign(hub.faults, { status, ...more });
    const error = await download().catch((e) => e);
    expect(error).toMatchObject({ code, next: expect.stringMatching(/\w/) });
    if (status === 429) expect(error.next).toContain('17 s');
    // Only what may pass is tried again.
    expect(hub.seen.length).toBe(status === 503 ? 3 : 1);
  });

  it('nobody answering is told from everything else', async () => {
    const file = large();
    await hub.close();
    await expect(download({}, file)).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringMatching(/nothing answers there/),
    });
  });
});

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import type { CompressionJob } from '../../../src/core/compress/job.ts';
import { defaultCompression } from '../../../src/core/compress/options.ts';
import { createEngine } from '../../../src/core/engine/index.ts';
import { calibrationIds, makeTinyModel, tinyConfig } from './tiny-model.ts';

/** Files whose names hold this cannot be written: the disk is full after their header. */
let fullAt: string | undefined;
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const openOnFullDisk = async (...args: Parameters<typeof real.open>) => {
    const file = await real.open(...args);
    if (fullAt === undefined || !String(args[0]).includes(fullAt)) return file;
    file.writeFile = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    return file;
  };
  return { ...real, open: openOnFullDisk };
});

const engine = await createEngine({ device: 'cpu', threads: 1 });
const LAYERS = 4;
const options = { ...defaultCompression, bits: 2, groupSize: 16, actOrder: true } as const;
const calibration = calibrationIds(6, 24);
let folder: string;
let checkpoint: Checkpoint;
let notices: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kintsugi-resume-'));
  checkpoint = await makeTinyModel(join(folder, 'model'), {
    ...tinyConfig,
    num_hidden_layers: LAYERS,
  });
  notices = [];
});
afterEach(() => rm(folder, { recursive: true }));

const job = (out: string, changes: Partial<CompressionJob> = {}): CompressionJob => ({
  checkpoint,
  out: join(folder, out),
  options,
  calibration,
  engine,
  seed: 1,
  onNotice: (message) => notices.push(message),
  ...changes,
});

const hashOf = async (out: string) => (await openCheckpoint(join(folder, out))).hash;
const partialOf = (out: string) => join(folder, `${out}.partial`);
const shard = (out: string, index: number) =>
  join(partialOf(out), 'model', `model-0000${index}-of-0000${LAYERS + 1}.safetensors`);

/** Compresses until `linears` are done, then is cancelled. Seven linears are a block. */
async function stopAfter(out: string, linears: number) {
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }) => done === linears && controller.abort();
  const stopped = compress(job(out, { onProgress, signal: controller.signal }));
  await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
}

/** Goes on to the end; the linears that were worked on, and the report. */
async function goOn(out: string) {
  const worked: string[] = [];
  const report = await compress(
    job(out, {
      onProgress: ({ layer }) => worked.push(layer.module.split('.').slice(2, 3).join()),
    }),
  );
  return { blocks: [...new Set(worked)].join(), report };
}

async function flip(file: string, fromEnd: number) {
  const handle = await open(file, 'r+');
  const { size } = await stat(file);
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, size - fromEnd);
  byte[0]! ^= 1;
  await handle.write(byte, 0, 1, size - fromEnd);
  await handle.close();
}

describe('a compression that was cut off', () => {
  test('goes on from its last finished block, to the same bits', async () => {
    const whole = await compress(job('whole'));
    await stopAfter('cut', 7 * 2 + 3);
    const { blocks, report } = await goOn('cut');
    expect(blocks).toBe('2,3');
    expect(await hashOf('cut')).toBe(await hashOf('whole'));
    const results = ({ layers }: typeof report) => layers.map(({ seconds: _, ...rest }) => rest);
    expect(results(report)).toEqual(results(whole));
    expect(existsSync(partialOf('cut'))).toBe(false);
    expect(notices).toEqual([]);
  });

  test('by SIGKILL at any time', async () => {
    await compress(job('whole'));
    const expected = await hashOf('whole');
    const kills = async (delay: number) => {
      const out = `killed-${delay}`;
      const child = fork(join(import.meta.dirname, 'compress-child.ts'), [folder, out]);
      await killed(child, delay);
      expect(existsSync(join(folder, out))).toBe(false);
      const { blocks } = await goOn(out);
      expect(await hashOf(out)).toBe(expected);
      const files = await readdir(join(folder, out));
      expect(files.filter((name) => name.endsWith('.part'))).toEqual([]);
      return blocks;
    };
    // After the second block, in the middle of whatever comes then.
    for (const delay of [0, 20]) expect(['2,3', '3']).toContain(await kills(delay));
  });

  test('does a damaged block again, and says so', async () => {
    await compress(job('whole'));
    await stopAfter('cut', 7 * 3 + 1);
    await flip(shard('cut', 3), 9);
    const { blocks } = await goOn('cut');
    expect(notices).toEqual([expect.stringMatching(/model-00003-of-00005.* damaged/)]);
    expect(blocks).toBe('1,3');
    expect(await hashOf('cut')).toBe(await hashOf('whole'));
  });

  test('computes damaged activations again from the finished blocks', async () => {
    await compress(job('whole'));
    await stopAfter('cut', 7 * 3 + 1);
    await flip(join(partialOf('cut'), 'activations-3.safetensors'), 5);
    const { blocks } = await goOn('cut');
    expect(notices).toEqual([expect.stringMatching(/activations are damaged/)]);
    expect(blocks).toBe('3');
    expect(await hashOf('cut')).toBe(await hashOf('whole'));
  });

  test('starts over when its journal is damaged', async () => {
    await stopAfter('cut', 7 * 2 + 1);
    await flip(join(partialOf('cut'), 'journal.json'), 30);
    const { blocks } = await goOn('cut');
    expect(notices).toEqual([expect.stringMatching(/journal\.json is damaged/)]);
    expect(blocks).toBe('0,1,2,3');
  });

  test('keeps finished blocks when the disk is full, and says so', async () => {
    await compress(job('whole'));
    fullAt = 'model-00004-of-';
    const failed = compress(job('cut'));
    await expect(failed).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringMatching(/disk is full/),
      next: expect.stringMatching(/finished blocks are kept in .*cut\.partial/),
    });
    fullAt = undefined;
    const { blocks } = await goOn('cut');
    expect(blocks).toBe('2,3');
    expect(await hashOf('cut')).toBe(await hashOf('whole'));
  });
});

describe('unfinished work of something else', () => {
  test('is refused, and left alone', async () => {
    await stopAfter('cut', 7 * 2 + 1);
    const before = await readFile(join(partialOf('cut'), 'journal.json'), 'utf8');
    const other = compress(job('cut', { options: { ...options, bits: 3, groupSize: 32 } }));
    await expect(other).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      file: partialOf('cut'),
    });
    expect(await readFile(join(partialOf('cut'), 'journal.json'), 'utf8')).toBe(before);
    const { blocks } = await goOn('cut');
    expect(blocks).toBe('2,3');
  });

  test('is removed where the folder is ours to decide on', async () => {
    await stopAfter('cut', 7 * 2 + 1);
    await compress(job('cut', { seed: 2, discardOther: true }));
    expect(existsSync(partialOf('cut'))).toBe(false);
  });

  test('a folder that is not ours is refused', async () => {
    await mkdir(partialOf('cut'));
    await writeFile(join(partialOf('cut'), 'thesis.txt'), 'x');
    await expect(compress(job('cut'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(await readdir(partialOf('cut'))).toEqual(['thesis.txt']);
  });
});

async function killed(child: ChildProcess, delay: number) {
  await once(child, 'message');
  await new Promise((resolve) => setTimeout(resolve, delay));
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

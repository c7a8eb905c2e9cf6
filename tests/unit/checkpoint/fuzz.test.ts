import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseHeader } from '../../../src/core/checkpoint/header.ts';
import { openSafetensors, readRaw } from '../../../src/core/checkpoint/safetensors.ts';
import { createRandom, type Random } from '../../../src/core/random.ts';
import { KintsugiError } from '../../../src/shared/errors.ts';
import { safetensorsBytes, writeBytes } from './files.ts';

const HEADER = JSON.stringify({
  __metadata__: { format: 'pt' },
  'model.embed.weight': { dtype: 'F16', shape: [4, 2], data_offsets: [0, 16] },
  'model.norm.weight': { dtype: 'F32', shape: [2], data_offsets: [16, 24] },
  empty: { dtype: 'U8', shape: [0, 3], data_offsets: [24, 24] },
});
const DATA = 24;

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '-1',
  '1e400',
  '0.5',
  'null',
  '\\ud800',
  '__proto__',
];

function mutate(bytes: Buffer, random: Random): Buffer {
  let result = Buffer.from(bytes);
  for (let times = 1 + random.integer(3); times > 0; times--) {
    const at = random.integer(result.length);
    const length = random.integer(8);
    const head = result.subarray(0, at);
    const tail = result.subarray(Math.min(result.length, at + length));
    const copy = result.subarray(random.integer(result.length)).subarray(0, 1 + random.integer(40));
    const middle = [
      () => Buffer.from([random.integer(256)]),
      () => Buffer.from(random.pick(PIECES)),
      () => Buffer.from(String(random.integer(10 ** random.integer(12)))),
      () => copy,
      () => Buffer.alloc(0),
    ];
    result = Buffer.concat([head, random.pick(middle)(), random.pick([tail, result.subarray(at)])]);
    if (result.length === 0) return result;
  }
  return result;
}

/** What must hold of whatever is accepted. */
function checkAccepted(tensors: readonly { begin: number; end: number }[]): void {
  let end = 0;
  for (const tensor of tensors) {
    expect(tensor.begin).toBe(end);
    expect(tensor.end).toBeGreaterThanOrEqual(tensor.begin);
    end = tensor.end;
  }
  expect(end).toBe(DATA);
}

/** What the process holds in objects and buffers; a header is a few hundred bytes. */
const held = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const ROOM = 256 * 2 ** 20;

it('100,000 mutated headers are accepted whole or refused with a typed error, in bounded memory', () => {
  const random = createRandom(1, 'headers');
  const counts = { accepted: 0, refused: 0 };
  const before = held();
  for (let i = 0; i < 100_000; i++) {
    if (i % 1000 === 0) expect(held() - before).toBeLessThan(ROOM);
    try {
      checkAccepted(parseHeader(mutate(Buffer.from(HEADER), random), DATA, 'fuzz').tensors);
      counts.accepted++;
    } catch (error) {
      if (!(error instanceof KintsugiError)) throw error;
      expect(error.code).toBe('SAFETENSORS_INVALID');
      counts.refused++;
    }
  }
  // Changes inside a name or the metadata are harmless; nearly all others are not.
  expect(counts.accepted).toBeGreaterThan(1000);
  expect(counts.refused).toBeGreaterThan(50_000);
});

it('mutated files are accepted whole or refused with a typed error', async () => {
  const random = createRandom(2, 'files');
  const good = safetensorsBytes(HEADER, DATA);
  const path = writeBytes(good);
  for (let i = 0; i < 2000; i++) {
    writeFileSync(path, mutate(good, random));
    const opened = await openSafetensors(path).catch((error: unknown) => error);
    if (opened instanceof KintsugiError) expect(opened.code).toBe('SAFETENSORS_INVALID');
    else
      for (const entry of (opened as Awaited<ReturnType<typeof openSafetensors>>).tensors.values())
        expect(readRaw(entry).length).toBe(entry.length);
  }
});

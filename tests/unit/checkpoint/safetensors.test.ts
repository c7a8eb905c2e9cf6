import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toBFloat16, toFloat16 } from '../../../src/core/checkpoint/dtype.ts';
import {
  findNonFinite,
  openSafetensors,
  readFloat32,
  readRaw,
  writeSafetensors,
} from '../../../src/core/checkpoint/safetensors.ts';
import { f32, failure, safetensorsBytes, temporaryFolder, writeBytes } from './files.ts';

const REFERENCE = new URL('../../fixtures/safetensors/reference.safetensors', import.meta.url)
  .pathname;

const open = (bytes: Uint8Array) => openSafetensors(writeBytes(bytes));

describe('openSafetensors', () => {
  it('reads what the reference implementation wrote', async () => {
    const { tensors, metadata } = await openSafetensors(REFERENCE);
    const entry = (name: string) => tensors.get(name)!;
    expect(metadata).toEqual({ format: 'pt', note: 'made by numpy' });
    expect(readFloat32(entry('weights'))).toEqual(Float32Array.of(0, -0, 1.5, -2.25, 1e-8, 65504));
    // 1e-8 is less than half of the smallest float16.
    expect(readFloat32(entry('half'))).toEqual(Float32Array.of(0, -0, 1.5, -2.25, 0, 65504));
    expect(entry('weights')).toMatchObject({ dtype: 'F32', shape: [2, 3], length: 24 });
    expect(entry('none')).toMatchObject({ shape: [0, 4], length: 0 });
    expect(readFloat32(entry('scalar'))).toEqual(Float32Array.of(7));
    expect([...readRaw(entry('codes'))]).toEqual([0, 255, 128]);
    expect(new BigInt64Array(readRaw(entry('wide')).buffer)).toEqual(
      BigInt64Array.of(1n, -(2n ** 40n)),
    );
    expect(entry('ünï')).toMatchObject({ dtype: 'BOOL', shape: [2] });
  });

  it('reads a file without tensors', async () => {
    expect((await open(safetensorsBytes('{}'))).tensors.size).toBe(0);
  });

  it('treats names that objects already have as ordinary', async () => {
    const names = ['__proto__', 'constructor', 'toString', '0'];
    const path = join(temporaryFolder(), 'odd.safetensors');
    await writeSafetensors(
      path,
      names.map((name, i) => f32(name, [1], [i])),
    );
    const { tensors, metadata } = await openSafetensors(path);
    for (const [i, name] of names.entries())
      expect(readFloat32(tensors.get(name)!)).toEqual(Float32Array.of(i));
    expect(metadata['constructor']).toBeUndefined();
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
  });

  const info = (more: object) => ({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...more });
  const one = (more: object) => JSON.stringify({ w: info(more) });
  const two = (a: object, b: object) => JSON.stringify({ a: info(a), b: info(b) });
  const text = (offsets: string, shape = '[2]') =>
    `{"w":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`;

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /too few/],
    ['a file of 7 bytes', new Uint8Array(7), /too few/],
    ['a header of 0 bytes', safetensorsBytes('', 0), /does not start with \{/],
    ['a header length of 2⁶³', safetensorsBytes('{}', 0, 2n ** 63n), /9223372036854775808 is over/],
    ['a header of over 100 MB', safetensorsBytes('{}', 0, 100_000_001n), /over 100000000/],
    ['a header beyond the file', safetensorsBytes('{}', 0, 3n), /beyond the end/],
    ['a header that starts with a space', safetensorsBytes(' {}'), /does not start with \{/],
    ['a header that starts with a byte order mark', safetensorsBytes('\uFEFF{}'), /start with \{/],
    ['a header that is a list', safetensorsBytes('[]'), /does not start with \{/],
    ['invalid JSON', safetensorsBytes('{"a":'), /not valid JSON/],
    ['text after the JSON', safetensorsBytes('{}{}'), /not valid JSON/],
    ['invalid UTF-8', safetensorsBytes(Buffer.from('7b22ff223a317d', 'hex')), /not valid JSON/],
    [
      'half a surrogate pair',
      safetensorsBytes(text('[0,8]').replace('w', '\\ud800'), 8),
      /Unicode/,
    ],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /Git LFS/],
    ['a tensor that is no object', safetensorsBytes('{"w":null}'), /"w": is not described/],
    ['an unknown dtype', safetensorsBytes(one({ dtype: 'F4' }), 8), /unknown dtype "F4"/],
    ['an inherited dtype', safetensorsBytes(one({ dtype: 'toString' }), 8), /unknown dtype/],
    ['a dtype that is no string', safetensorsBytes(one({ dtype: ['F32'] }), 8), /unknown dtype/],
    ['dimension −1', safetensorsBytes(one({ shape: [-1] }), 8), /shape/],
    ['dimension 1.5', safetensorsBytes(one({ shape: [1.5] }), 8), /shape/],
    ['dimension "2"', safetensorsBytes(one({ shape: ['2'] }), 8), /shape/],
    ['dimension 1e400', safetensorsBytes(text('[0,8]', '[1e400]'), 8), /shape/],
    ['dimension 2³¹', safetensorsBytes(text('[0,0]', '[0,2147483648]'), 0), /shape/],
    ['a shape that is no list', safetensorsBytes(one({ shape: { length: 0 } }), 8), /shape/],
    ['a product overflow', safetensorsBytes(one({ shape: Array(9).fill(65536) }), 8), /too many/],
    ['a wrap-around product', safetensorsBytes(one({ shape: [2 ** 30, 2 ** 30, 16] }), 8), /many/],
    ['a length unlike its shape', safetensorsBytes(one({ shape: [3] }), 8), /12 bytes.* 8/],
    ['end before begin', safetensorsBytes(text('[8,0]'), 8), /end at 0, before/],
    ['a negative offset', safetensorsBytes(text('[-8,0]'), 8), /data_offsets/],
    ['an unsafe offset', safetensorsBytes(text('[0,9007199254740993]'), 8), /data_offsets/],
    ['three offsets', safetensorsBytes(text('[0,8,8]'), 8), /data_offsets/],
    [
      'an overlap',
      safetensorsBytes(two({}, { data_offsets: [4, 12] }), 12),
      /"b": its data overlap/,
    ],
    ['the same data twice', safetensorsBytes(two({}, {}), 8), /"b": its data overlap/],
    [
      'a hole',
      safetensorsBytes(two({}, { data_offsets: [12, 20] }), 20),
      /"b": its data leave a hole/,
    ],
    ['a hole at the start', safetensorsBytes(text('[4,12]'), 12), /leave a hole/],
    ['trailing bytes', safetensorsBytes(one({}), 9), /1 bytes follow/],
    ['trailing bytes without tensors', safetensorsBytes('{}', 1), /1 bytes follow/],
    ['missing bytes', safetensorsBytes(one({}), 7), /truncated: 7 bytes of data.* 8/],
    [
      'a name given twice',
      safetensorsBytes(`{"w":0,${text('[0,8]').slice(1)}`, 8),
      /"w" is given twice/,
    ],
    [
      'a name given twice in escapes',
      safetensorsBytes(`{"\\u0077":0,${text('[0,8]').slice(1)}`, 8),
      /twice/,
    ],
    [
      'a field given twice',
      safetensorsBytes(text('[0,8],"shape":[2]'), 8),
      /"shape" is given twice/,
    ],
    ['metadata that is no map', safetensorsBytes('{"__metadata__":[]}'), /map names to strings/],
    ['metadata of numbers', safetensorsBytes('{"__metadata__":{"a":1}}'), /map names to strings/],
  ])('refuses %s', async (_, bytes, message) => {
    const path = writeBytes(bytes);
    const error = failure('SAFETENSORS_INVALID', message, { file: path });
    await expect(openSafetensors(path)).rejects.toEqual(error);
  });

  it('names the tensor at fault, at bounded length', async () => {
    const name = 'x'.repeat(100_000);
    const bytes = safetensorsBytes(JSON.stringify({ [name]: info({ dtype: 'F4' }) }), 8);
    const error = await open(bytes).catch((e) => e);
    expect(error).toMatchObject({ code: 'SAFETENSORS_INVALID', field: name });
    expect(error.message.length).toBeLessThan(400);
  });

  it('survives JSON nested a million deep', async () => {
    const deep = `{"w":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
    await expect(open(safetensorsBytes(deep))).rejects.toEqual(
      failure('SAFETENSORS_INVALID', /not described by an object/),
    );
  });

  it('says what is missing', async () => {
    const folder = temporaryFolder();
    await expect(openSafetensors(join(folder, 'none.safetensors'))).rejects.toEqual(
      failure('CHECKPOINT_MISSING', /cannot be opened/),
    );
    await expect(openSafetensors(folder)).rejects.toEqual(
      failure('CHECKPOINT_MISSING', /is not a file/),
    );
  });

  it.skipIf(process.platform === 'win32')('does not wait for a named pipe', async () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(openSafetensors(pipe)).rejects.toEqual(
      failure('CHECKPOINT_MISSING', /is not a file/),
    );
  });

  it('opens a file larger than memory without reading it', async () => {
    const size = 2 ** 36;
    const path = writeBytes(
      safetensorsBytes(
        JSON.stringify({ w: info({ shape: [2 ** 17, 2 ** 17], data_offsets: [0, size] }) }),
      ),
    );
    truncateSync(path, readFileSync(path).length + size);
    const { tensors } = await openSafetensors(path);
    expect(tensors.get('w')).toMatchObject({ length: size });
  });
});

describe('reading tensors', () => {
  it('fails when the file has shrunk since it was opened', async () => {
    const path = join(temporaryFolder(), 'w.safetensors');
    await writeSafetensors(path, [f32('w', [2], [1, 2])]);
    const { tensors } = await openSafetensors(path);
    truncateSync(path, readFileSync(path).length - 1);
    expect(() => readRaw(tensors.get('w')!)).toThrow(failure('SAFETENSORS_INVALID', /shrank/));
  });

  it('refuses to read integers as floats', async () => {
    const { tensors } = await openSafetensors(REFERENCE);
    expect(() => readFloat32(tensors.get('codes')!)).toThrow(
      failure('SAFETENSORS_INVALID', /codes is U8/),
    );
  });

  it.each([
    ['F32', Number.NaN],
    ['F32', Number.POSITIVE_INFINITY],
    ['F16', Number.NEGATIVE_INFINITY],
    ['BF16', Number.NaN],
  ] as const)('finds the %s weight that is %d, in whichever piece it is', async (dtype, value) => {
    const encode = {
      F32: (v: Float32Array) => new Uint8Array(v.buffer),
      F16: toFloat16,
      BF16: toBFloat16,
    };
    const values = new Float32Array(1500 * 1000).fill(1);
    const path = join(temporaryFolder(), 'w.safetensors');
    const write = () =>
      writeSafetensors(path, [
        { name: 'w', dtype, shape: [1500, 1000], data: encode[dtype](values) },
      ]);
    await write();
    const entry = (await openSafetensors(path)).tensors.get('w')!;
    expect(findNonFinite(entry)).toBeUndefined();
    values[1499 * 1000 + 7] = value;
    await write();
    expect(findNonFinite(entry)).toEqual([1499, 7]);
  });
});

describe('writeSafetensors', () => {
  it('writes the bytes that the reference implementation writes', async () => {
    const { tensors, metadata } = await openSafetensors(REFERENCE);
    const path = join(temporaryFolder(), 'copy.safetensors');
    await writeSafetensors(
      path,
      [...tensors.values()].map((entry) => ({ ...entry, data: readRaw(entry) })),
      { format: metadata['format']!, note: metadata['note']! },
    );
    expect(readFileSync(path)).toEqual(readFileSync(REFERENCE));
  });

  it('aligns every tensor to its element', async () => {
    const path = join(temporaryFolder(), 'mixed.safetensors');
    await writeSafetensors(path, [
      { name: 'byte', dtype: 'U8', shape: [3], data: new Uint8Array(3) },
      { name: 'long', dtype: 'I64', shape: [1], data: new Uint8Array(8) },
      { name: 'half', dtype: 'F16', shape: [1], data: new Uint8Array(2) },
      f32('word', [1], [1]),
    ]);
    const { tensors } = await openSafetensors(path);
    expect([...tensors.keys()]).toEqual(['long', 'word', 'half', 'byte']);
    expect(tensors.get('long')!.offset % 8).toBe(0);
  });

  it('leaves the old file, and nothing else, when it fails', async () => {
    const path = join(temporaryFolder(), 'w.safetensors');
    await writeSafetensors(path, [f32('w', [1], [1])]);
    const before = readFileSync(path);
    await expect(writeSafetensors(path, [f32('w', [2], [1])])).rejects.toThrow(RangeError);
    await expect(writeSafetensors(path, [f32('w', [1], [1]), f32('w', [1], [2])])).rejects.toThrow(
      RangeError,
    );
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(dirname(path))).toEqual(['w.safetensors']);
  });

  it('says why it cannot write', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'taken'));
    await expect(writeSafetensors(join(folder, 'file', 'w'), [])).rejects.toEqual(
      failure('OUTPUT_UNWRITABLE', /cannot be written/),
    );
    await expect(writeSafetensors(join(folder, 'taken'), [])).rejects.toEqual(
      failure('OUTPUT_UNWRITABLE', /it is a folder/),
    );
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
  });
});

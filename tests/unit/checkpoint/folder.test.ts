import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashFile, openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { readFloat32, writeSafetensors } from '../../../src/core/checkpoint/safetensors.ts';
import { f32, failure, temporaryFolder } from './files.ts';

const CONFIG = '{"model_type":"llama","quantization_config":{"bits":4}}';
const INDEX = 'model.safetensors.index.json';

function folderWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

async function single(): Promise<string> {
  const folder = folderWith({ 'config.json': CONFIG });
  await writeSafetensors(join(folder, 'model.safetensors'), [f32('w', [2, 2], [1, 2, 3, 4])]);
  return folder;
}

/** Tensors `a` and `b` in two shards, under the given index or the right one. */
async function sharded(map: Record<string, unknown> = {}): Promise<string> {
  const weight_map = { a: 'm-1.safetensors', b: 'm-2.safetensors', ...map };
  const folder = folderWith({ 'config.json': CONFIG, [INDEX]: JSON.stringify({ weight_map }) });
  await writeSafetensors(join(folder, 'm-1.safetensors'), [f32('a', [1], [1])]);
  await writeSafetensors(join(folder, 'm-2.safetensors'), [f32('b', [1], [2])]);
  return folder;
}

describe('openCheckpoint', () => {
  it('opens a single file', async () => {
    const folder = await single();
    const { config, tensors, hash, quantization } = await openCheckpoint(folder);
    expect(config).toEqual(JSON.parse(CONFIG));
    expect(quantization).toEqual({ bits: 4 });
    expect(readFloat32(tensors.get('w')!)).toEqual(Float32Array.of(1, 2, 3, 4));
    const files = ['config.json', 'model.safetensors'].map((f) => readFileSync(join(folder, f)));
    expect(hash).toBe(createHash('sha256').update(Buffer.concat(files)).digest('hex'));
  });

  it('opens shards, hashed in order of name', async () => {
    const folder = await sharded();
    const { tensors, hash } = await openCheckpoint(folder);
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    const files = ['config.json', 'm-1.safetensors', 'm-2.safetensors'];
    const bytes = files.map((f) => readFileSync(join(folder, f)));
    expect(hash).toBe(createHash('sha256').update(Buffer.concat(bytes)).digest('hex'));
  });

  it('reads a folder without quantisation', async () => {
    const folder = await single();
    writeFileSync(join(folder, 'config.json'), '{}');
    expect((await openCheckpoint(folder)).quantization).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')(
    "follows the hub cache's links to its blobs",
    async () => {
      const repository = temporaryFolder();
      const snapshot = join(repository, 'snapshots', 'abc');
      mkdirSync(snapshot, { recursive: true });
      mkdirSync(join(repository, 'blobs'));
      writeFileSync(join(repository, 'blobs', '1'), CONFIG);
      await writeSafetensors(join(repository, 'blobs', '2'), [f32('w', [1], [1])]);
      symlinkSync('../../blobs/1', join(snapshot, 'config.json'));
      symlinkSync('../../blobs/2', join(snapshot, 'model.safetensors'));
      expect((await openCheckpoint(snapshot)).tensors.size).toBe(1);
      writeFileSync(join(repository, 'elsewhere'), CONFIG);
      const other = join(repository, 'snapshots', 'def');
      mkdirSync(other);
      symlinkSync('../../elsewhere', join(other, 'config.json'));
      symlinkSync('../../blobs/2', join(other, 'model.safetensors'));
      await expect(openCheckpoint(other)).rejects.toEqual(
        failure('CHECKPOINT_INVALID', /config\.json" leads out/),
      );
    },
  );

  it.each([
    ['NaN', Number.NaN],
    ['infinity', Number.NEGATIVE_INFINITY],
  ])('names the weight that is %s', async (_, value) => {
    const folder = await sharded();
    const values = [...new Array(1_500_000).fill(1), value];
    await writeSafetensors(join(folder, 'm-2.safetensors'), [f32('b', [values.length, 1], values)]);
    await expect(openCheckpoint(folder)).rejects.toEqual(
      failure('CHECKPOINT_INVALID', /"b" holds NaN or infinity at \[1500000, 0\]/, { field: 'b' }),
    );
  });

  it('refuses a missing folder, a file, and a folder without config or weights', async () => {
    const folder = temporaryFolder();
    const missing = (path: string, message: RegExp) =>
      expect(openCheckpoint(path)).rejects.toEqual(failure('CHECKPOINT_MISSING', message));
    await missing(join(folder, 'none'), /no model folder/);
    await missing(folder, /no config\.json/);
    writeFileSync(join(folder, 'config.json'), CONFIG);
    await missing(folder, /no model\.safetensors/);
    await missing(join(folder, 'config.json'), /not a folder/);
  });

  it.each(['pytorch_model.bin', 'model.pt', 'consolidated.00.pth', 'Model.CKPT', 'm.pkl'])(
    'never opens the pickle %s',
    async (name) => {
      const folder = folderWith({ 'config.json': CONFIG, [name]: 'never read' });
      await expect(openCheckpoint(folder)).rejects.toEqual(
        failure('UNSAFE_FORMAT', /pickle/, { next: expect.stringMatching(/^Convert/) }),
      );
    },
  );

  it.each([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['a name given twice', '{"a":1,"a":2}'],
    ['invalid UTF-8', Buffer.from('7b22ff223a317d', 'hex')],
    ['over 4 MiB', `{"a":"${'x'.repeat(2 ** 22)}"}`],
  ])('refuses a config.json that is %s', async (_, content) => {
    const folder = await single();
    writeFileSync(join(folder, 'config.json'), content);
    await expect(openCheckpoint(folder)).rejects.toEqual(
      failure('CONFIG_INVALID', /config\.json/, { file: expect.stringMatching(/config\.json$/) }),
    );
  });

  it('refuses a truncated file', async () => {
    const folder = await single();
    truncateSync(join(folder, 'model.safetensors'), 80);
    await expect(openCheckpoint(folder)).rejects.toEqual(
      failure('SAFETENSORS_INVALID', /truncated/),
    );
  });

  it.each([
    '../evil.safetensors',
    '..\\evil.safetensors',
    '/etc/evil.safetensors',
    'C:evil.safetensors',
    'sub/../m-1.safetensors',
    'a\0.safetensors',
  ])('refuses the shard %j', async (shard) => {
    const folder = await sharded({ a: shard });
    await expect(openCheckpoint(folder)).rejects.toEqual(
      failure('CHECKPOINT_INVALID', /leads out of the model folder/, { field: shard }),
    );
  });

  it.skipIf(process.platform === 'win32')('refuses a shard that links out', async () => {
    const outside = join(temporaryFolder(), 'm-1.safetensors');
    await writeSafetensors(outside, [f32('a', [1], [1])]);
    const folder = await sharded({ a: 'link.safetensors' });
    symlinkSync(outside, join(folder, 'link.safetensors'));
    await expect(openCheckpoint(folder)).rejects.toEqual(
      failure('CHECKPOINT_INVALID', /"link\.safetensors" leads out/),
    );
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['a shard that is missing', { a: 'none.safetensors' }, 'CHECKPOINT_MISSING', /"none/],
    ['a pickle as a shard', { a: 'm.bin' }, 'CHECKPOINT_INVALID', /no safetensors file/],
    ['a number as a shard', { a: 1 }, 'CHECKPOINT_INVALID', /no safetensors file/],
    ['a tensor that no shard has', { c: 'm-1.safetensors' }, 'CHECKPOINT_INVALID', /no tensor "c"/],
    ['a tensor in another shard', { a: 'm-2.safetensors' }, 'CHECKPOINT_INVALID', /no tensor "a"/],
  ])('refuses an index with %s', async (_, map, code, message) => {
    await expect(openCheckpoint(await sharded(map))).rejects.toEqual(failure(code, message));
  });

  it('refuses a shard with a tensor that the index leaves out, and an index without a map', async () => {
    const folder = await sharded();
    await writeSafetensors(join(folder, 'm-2.safetensors'), [
      f32('b', [1], [2]),
      f32('a', [1], [3]),
    ]);
    await expect(openCheckpoint(folder)).rejects.toEqual(
      failure('CHECKPOINT_INVALID', /doesn't place "a" in "m-2/),
    );
    writeFileSync(join(folder, INDEX), '{}');
    await expect(openCheckpoint(folder)).rejects.toEqual(
      failure('CHECKPOINT_INVALID', /no weight_map/),
    );
  });
});

describe('hashFile', () => {
  it('is the SHA-256 of the bytes', async () => {
    const path = join(folderWith({ f: 'abc' }), 'f');
    expect(await hashFile(path)).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

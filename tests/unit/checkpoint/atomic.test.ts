import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeAtomically, writeFileAtomic } from '../../../src/core/checkpoint/atomic.ts';
import { failure, temporaryFolder } from './files.ts';

const errno = (code: string) => Object.assign(new Error(code), { code });

describe('writeFileAtomic', () => {
  it('replaces a file and makes missing folders', async () => {
    const path = join(temporaryFolder(), 'a', 'b', 'file');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, Uint8Array.of(116, 119, 111));
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  it('lets several writers of one file go on at once', async () => {
    const path = join(temporaryFolder(), 'file');
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(1000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
  });

  it.each([
    ['ENOSPC', /the disk is full/],
    ['EDQUOT', /quota/],
    ['EACCES', /permission denied/],
    ['EROFS', /read-only/],
  ])('keeps the old file when the write ends in %s', async (code, message) => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, 'old');
    const writing = writeAtomically(path, async (file) => {
      await file.writeFile('half of the n');
      throw errno(code);
    });
    await expect(writing).rejects.toEqual(failure('OUTPUT_UNWRITABLE', message, { file: path }));
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  it('passes on what is not about the disk', async () => {
    const path = join(temporaryFolder(), 'file');
    const fault = new RangeError('ours');
    await expect(
      writeAtomically(path, async () => {
        throw fault;
      }),
    ).rejects.toBe(fault);
  });

  it('says when a folder is in the way', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'taken'));
    await expect(writeFileAtomic(join(folder, 'taken'), '')).rejects.toEqual(
      failure('OUTPUT_UNWRITABLE', /it is a folder/),
    );
    writeFileSync(join(folder, 'file'), '');
    await expect(writeFileAtomic(join(folder, 'file', 'x'), '')).rejects.toEqual(
      failure('OUTPUT_UNWRITABLE', /cannot be written/),
    );
  });
});

import { readdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { temporaryFolder } from '../db/temporary.ts';
import { trainToy } from './toy.ts';

/** Writes that still fit on the disk. */
let room = Number.POSITIVE_INFINITY;

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const limited =
    <Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (room-- <= 0) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
      return write(...args);
    };
  const open = async (...args: Parameters<typeof real.open>): Promise<FileHandle> => {
    const file = await real.open(...args);
    if (args[1] !== 'wx') return file;
    const writeFile = limited(file.writeFile.bind(file));
    const sync = limited(file.sync.bind(file));
    return Object.assign(file, { writeFile, sync });
  };
  return { ...real, open, rename: limited(real.rename) };
});

const STEPS = 3;

it('a disk that is full at any write of a checkpoint costs nothing but the wait', async () => {
  const expected = await trainToy(temporaryFolder(), { steps: STEPS });
  let failures = 0;
  for (let writes = 0; ; writes++) {
    const dir = temporaryFolder();
    room = writes;
    const failure = await trainToy(dir, { steps: STEPS }).then(
      () => undefined,
      (error: unknown) => error,
    );
    room = Number.POSITIVE_INFINITY;
    expect(readdirSync(dir).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(await trainToy(dir, { steps: STEPS })).toEqual(expected);
    if (failure === undefined) break;
    failures++;
    expect(failure).toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining('the disk is full'),
      next: expect.stringContaining('free space'),
    });
  }
  expect(failures).toBeGreaterThan(10);
});

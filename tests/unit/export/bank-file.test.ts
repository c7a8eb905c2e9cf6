import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  openSafetensors,
  readRaw,
  type TensorData,
  writeSafetensors,
} from '../../../src/core/checkpoint/safetensors.ts';
import { readBank, writeBank } from '../../../src/core/export/bank.ts';
import { unpackBankFile, writeBankFile } from '../../../src/core/export/bank-file.ts';
import { f32, failure, temporaryFolder } from '../checkpoint/files.ts';
import { bank } from './samples.ts';

async function bankFile(): Promise<string> {
  const dir = temporaryFolder();
  await writeBank(join(dir, 'bank'), bank());
  await writeBankFile(join(dir, 'bank.safetensors'), await readBank(join(dir, 'bank')));
  return join(dir, 'bank.safetensors');
}

async function refused(file: string, message: RegExp): Promise<void> {
  const target = join(temporaryFolder(), 'unpacked');
  await expect(unpackBankFile(file, target)).rejects.toEqual(failure('BANK_INVALID', message));
  expect(existsSync(target)).toBe(false);
}

/** The file with its tensors changed. */
async function changed(change: (tensors: TensorData[]) => TensorData[]): Promise<string> {
  const file = await bankFile();
  const { tensors, metadata } = await openSafetensors(file);
  const all = [...tensors.values()].map((entry) => ({ ...entry, data: readRaw(entry) }));
  await writeSafetensors(file, change(all), metadata);
  return file;
}

it('a bank file whose numbers have changed is refused, and nothing of it stays', async () => {
  const file = await bankFile();
  const bytes = readFileSync(file);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(file, bytes);
  await refused(file, /The prompt .* has changed/);
});

it('a bank file with a tensor more, less, or of another shape is refused', async () => {
  await refused(await changed((all) => [...all, f32('more', [1], [1])]), /4 tensors for 3 prompts/);
  await refused(await changed((all) => all.slice(1)), /has no F32 tensor/);
  await refused(
    await changed(([first, ...rest]) => [
      { ...first!, shape: [first!.shape[0]! * first!.shape[1]!] },
      ...rest,
    ]),
    /has no F32 tensor/,
  );
});

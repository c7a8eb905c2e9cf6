import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { float32Bytes } from '../checkpoint/dtype.ts';
import { isObject, parseStrictJson, quote } from '../checkpoint/json.ts';
import {
  findNonFinite,
  openSafetensors,
  readFloat32,
  type Safetensors,
  writeSafetensors,
} from '../checkpoint/safetensors.ts';
import {
  type Bank,
  type BankPrompt,
  checkManifest,
  describeBank,
  invalidBank,
  readBank,
  type StoredBank,
  writeBank,
} from './bank.ts';
import type { Manifest } from './manifest.ts';

/**
 * A bank as one file: safetensors with a tensor per prompt, and in its metadata what bank.json says
 * and that file's hash. Everything in a folder follows from it, byte for byte.
 */
const MANIFEST = 'kintsugi_bank';
const HASH = 'kintsugi_bank_sha256';
const tensorName = (index: number): string => `prompts.${index}`;

/** @throws KintsugiError OUTPUT_UNWRITABLE */
export async function writeBankFile(path: string, bank: StoredBank): Promise<void> {
  const tensors = bank.prompts.map(({ tokens, width, embeddings }, index) => ({
    name: tensorName(index),
    dtype: 'F32' as const,
    shape: [tokens, width],
    data: float32Bytes(embeddings),
  }));
  const metadata = {
    format: 'pt',
    [MANIFEST]: JSON.stringify(manifestOf(bank)),
    [HASH]: bank.hash,
  };
  await writeSafetensors(path, tensors, metadata);
}

/**
 * Writes the bank folder that a single file stands for, completely or not at all. `dir` is new or
 * empty. @throws KintsugiError BANK_INVALID, SAFETENSORS_INVALID, OUTPUT_UNWRITABLE
 */
export async function unpackBankFile(file: string, dir: string): Promise<StoredBank> {
  const weights = await openSafetensors(file);
  const manifest = readManifest(weights);
  const { baseModel, tokenizerHash, compression, selector, seed } = manifest;
  const prompts = manifest.prompts.map((entry, index) =>
    readPrompt(weights, index, entry, baseModel.hiddenSize),
  );
  if (weights.tensors.size !== prompts.length)
    throw invalidBank(
      file,
      `The file has ${weights.tensors.size} tensors for ${prompts.length} prompts`,
    );
  const bank: Bank = { prompts, baseModel, tokenizerHash, compression, selector, seed };
  await writeBank(dir, bank);
  try {
    const stored = await readBank(dir);
    const changed = manifest.prompts.findIndex(
      ({ sha256 }, index) => sha256 !== stored.prompts[index]!.hash,
    );
    const { name } = manifest.prompts[changed] ?? {};
    if (name !== undefined)
      throw invalidBank(
        file,
        `The prompt ${quote(name)} has changed since the bank was made`,
        name,
      );
    if (stored.hash !== weights.metadata[HASH])
      throw invalidBank(file, 'What the bank says of itself has changed since it was made', HASH);
    return stored;
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** The bank as one JSON document: the manifest, with each prompt's rows of numbers. */
export function bankToJson(bank: StoredBank): string {
  const manifest = manifestOf(bank);
  const prompts = manifest.prompts.map(({ folder: _, ...entry }, index) => ({
    ...entry,
    embeddings: rows(bank.prompts[index]!),
  }));
  return `${JSON.stringify({ ...manifest, prompts })}\n`;
}

const manifestOf = (bank: StoredBank): Manifest =>
  describeBank(
    bank,
    bank.prompts.map(({ hash }) => hash),
  );

/** Nine digits are enough to give every float back. */
function rows({ tokens, width, embeddings }: BankPrompt): number[][] {
  return Array.from({ length: tokens }, (_, row) =>
    Array.from(embeddings.subarray(row * width, (row + 1) * width), (value) =>
      Number(value.toPrecision(9)),
    ),
  );
}

function readManifest({ path, metadata }: Safetensors): Manifest {
  const text = metadata[MANIFEST];
  if (text === undefined)
    throw invalidBank(path, `${basename(path)} is not a prompt bank`, MANIFEST);
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (cause) {
    throw invalidBank(path, `The bank's description is not valid JSON`, MANIFEST, cause);
  }
  if (!isObject(value))
    throw invalidBank(path, `The bank's description is not an object`, MANIFEST);
  return checkManifest(value, path);
}

function readPrompt(
  { path, tensors }: Safetensors,
  index: number,
  { name, tokens, family, metrics }: Manifest['prompts'][number],
  width: number,
): BankPrompt {
  const entry = tensors.get(tensorName(index));
  const shape = `${[tokens, width]}`;
  if (entry?.dtype !== 'F32' || `${entry.shape}` !== shape)
    throw invalidBank(path, `The prompt ${quote(name)} is not an F32 tensor [${shape}]`, name);
  if (findNonFinite(entry) !== undefined)
    throw invalidBank(path, `The prompt ${quote(name)} holds NaN or infinity`, name);
  return { name, tokens, width, embeddings: readFloat32(entry), family, metrics };
}

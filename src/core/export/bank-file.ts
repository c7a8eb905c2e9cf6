import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { float32Bytes } from '../checkpoint/dtype.ts';
import { isObject, parseStrictJson, quote } from '../checkpoint/json.ts';
import {
  openSafetensors,
  readFloat32,
  readRaw,
  type Safetensors,
  type TensorData,
  type TensorEntry,
  writeSafetensors,
} from '../checkpoint/safetensors.ts';
import {
  type Bank,
  type BankPrompt,
  bankSelector,
  checkManifest,
  describeBank,
  invalidBank,
  promptOf,
  readBank,
  type StoredBank,
  writeBank,
} from './bank.ts';
import type { Manifest } from './manifest.ts';
import { packPrompt, rowBytes, unpackPrompt } from './prompt-codes.ts';

/**
 * A bank as one file: safetensors with a tensor per prompt (its codes and scales, of a quantised
 * one), and in its metadata what bank.json says and that file's hash. Everything in a folder follows
 * from it, byte for byte.
 */
const MANIFEST = 'kintsugi_bank';
const HASH = 'kintsugi_bank_sha256';
const tensorName = (index: number): string => `prompts.${index}`;
const codesName = (index: number): string => `${tensorName(index)}.codes`;
const scalesName = (index: number): string => `${tensorName(index)}.scales`;

/** @throws KintsugiError OUTPUT_UNWRITABLE */
export async function writeBankFile(path: string, bank: StoredBank): Promise<void> {
  const tensors = bank.prompts.flatMap(promptTensors);
  const metadata = {
    format: 'pt',
    [MANIFEST]: JSON.stringify(manifestOf(bank)),
    [HASH]: bank.hash,
  };
  await writeSafetensors(path, tensors, metadata);
}

/** Bytes of the numbers in a bank's file; its description comes on top. */
export const packedBytes = (prompts: readonly BankPrompt[]): number =>
  prompts.flatMap(promptTensors).reduce((sum, { data }) => sum + data.length, 0);

function promptTensors(prompt: BankPrompt, index: number): TensorData[] {
  const { tokens, width, embeddings, bits } = prompt;
  const f32 = (name: string, shape: number[], values: Float32Array): TensorData => ({
    name,
    dtype: 'F32',
    shape,
    data: float32Bytes(values),
  });
  if (bits === undefined) return [f32(tensorName(index), [tokens, width], embeddings)];
  const { codes, scales } = packPrompt(prompt, bits);
  const shape = [tokens, rowBytes(width, bits)];
  return [
    { name: codesName(index), dtype: 'U8', shape, data: codes },
    f32(scalesName(index), [tokens], scales),
  ];
}

/**
 * Writes the bank folder that a single file stands for, completely or not at all. `dir` is new or
 * empty. @throws KintsugiError BANK_INVALID, SAFETENSORS_INVALID, OUTPUT_UNWRITABLE
 */
export async function unpackBankFile(file: string, dir: string): Promise<StoredBank> {
  const weights = await openSafetensors(file);
  const manifest = readManifest(weights);
  const { baseModel, tokenizerHash, compression, seed } = manifest;
  const selector = bankSelector(manifest, file);
  const prompts = manifest.prompts.map((entry, index) =>
    readPrompt(weights, index, entry, baseModel.hiddenSize),
  );
  const expected = prompts.reduce((sum, { bits }) => sum + (bits === undefined ? 1 : 2), 0);
  if (weights.tensors.size !== expected)
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
  file: Safetensors,
  index: number,
  entry: Manifest['prompts'][number],
  width: number,
): BankPrompt {
  const { name, tokens, bits } = entry;
  const tensor = (tensorName: string, dtype: 'F32' | 'U8', shape: readonly number[]) =>
    promptTensor(file, tensorName, { name, dtype, shape });
  if (bits === undefined) {
    const rows = readFloat32(tensor(tensorName(index), 'F32', [tokens, width]));
    return promptOf(entry, width, rows, file.path);
  }
  const codes = readRaw(tensor(codesName(index), 'U8', [tokens, rowBytes(width, bits)]));
  const scales = readFloat32(tensor(scalesName(index), 'F32', [tokens]));
  const rows = unpackPrompt({ codes, scales }, { tokens, width }, bits);
  return promptOf(entry, width, rows, file.path);
}

/** A tensor of the prompt `name`, of the right kind. @throws KintsugiError BANK_INVALID */
function promptTensor(
  { path, tensors }: Safetensors,
  tensor: string,
  { name, dtype, shape }: { name: string; dtype: 'F32' | 'U8'; shape: readonly number[] },
): TensorEntry {
  const entry = tensors.get(tensor);
  if (entry?.dtype !== dtype || `${entry.shape}` !== `${shape}`)
    throw invalidBank(path, `The prompt ${quote(name)} has no ${dtype} tensor [${shape}]`, name);
  return entry;
}

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import { writeFileAtomic, writeFolderAtomic } from '../checkpoint/atomic.ts';
import { hashFile } from '../checkpoint/folder.ts';
import { type JsonObject, quote, readJsonObject } from '../checkpoint/json.ts';
import { type Folder, openFolder } from '../checkpoint/paths.ts';
import type { Selector } from '../select/selector.ts';
import type { SoftPrompt } from '../tune/types.ts';
import { FORMAT_VERSION, type Manifest, manifestSchema } from './manifest.ts';
import { type BaseModel, WEIGHTS } from './peft.ts';
import { fillPromptFolder, readPromptFolder } from './prompt.ts';
import { type PromptBits, relativeError, roundPrompt } from './prompt-codes.ts';
import { readSelector, storeSelector } from './selector.ts';

export interface BankPrompt extends SoftPrompt {
  /** Tasks or data that the prompt was tuned on. */
  readonly family: string;
  /** Figures of its tuning, for example the validation loss. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Present on a quantised prompt: its numbers lie on the grid of `roundPrompt`. */
  readonly bits?: PromptBits;
}

/** Prompts for one model, and the rule that picks among them. */
export interface Bank {
  readonly prompts: readonly BankPrompt[];
  readonly selector: Selector;
  readonly baseModel: BaseModel;
  readonly tokenizerHash: string;
  /** How the base model was compressed; null when it wasn't. */
  readonly compression: JsonObject | null;
  readonly seed: number;
}

export interface StoredBank extends Bank {
  /** Each with the SHA-256 of its weights. */
  readonly prompts: readonly (BankPrompt & { readonly hash: string })[];
  /** Of every prompt, in numbers per virtual token. */
  readonly width: number;
  /** SHA-256 of bank.json, which holds the hashes of all prompts. */
  readonly hash: string;
}

const MANIFEST = 'bank.json';
const MANIFEST_LIMIT = 2 ** 22;
const NEXT = 'Export the bank again from the workbench that made it.';

/**
 * Writes a bank: a PEFT folder per prompt and bank.json, completely or not at all. `dir` is new or
 * empty. @throws KintsugiError OUTPUT_UNWRITABLE
 */
export async function writeBank(dir: string, bank: Bank): Promise<void> {
  await writeFolderAtomic(dir, async (target) => {
    const hashes: string[] = [];
    for (const [index, prompt] of bank.prompts.entries()) {
      if (prompt.width !== bank.baseModel.hiddenSize)
        throw new RangeError(`Prompt ${prompt.name} is ${prompt.width} wide`);
      const folder = join(target, folderName(index, prompt.name));
      await mkdir(folder);
      await fillPromptFolder(folder, prompt, bank.baseModel);
      hashes.push(await hashFile(join(folder, WEIGHTS)));
    }
    const manifest = describeBank(bank, hashes);
    await writeFileAtomic(join(target, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  });
}

/** What bank.json says; `hashes` are of the prompts' weights. */
export function describeBank(bank: Bank, hashes: readonly string[]): Manifest {
  const { baseModel, tokenizerHash, compression, selector, seed } = bank;
  return manifestSchema.parse({
    format: 'kintsugi-bank',
    formatVersion: FORMAT_VERSION,
    baseModel,
    tokenizerHash,
    compression,
    selector: storeSelector(selector),
    seed,
    prompts: bank.prompts.map(({ name, tokens, family, metrics, bits }, index) => ({
      name,
      folder: folderName(index, name),
      tokens,
      sha256: hashes[index],
      family,
      metrics: { ...metrics },
      ...(bits && { bits }),
    })),
  });
}

/** Names are free text; a folder's is short, distinct and valid everywhere. */
function folderName(index: number, name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const number = String(index + 1).padStart(3, '0');
  return ['prompt', number, ...words].join('-').slice(0, 48).replace(/-$/, '');
}

/** A bank that is damaged or not one. */
export const invalidBank = (
  file: string,
  message: string,
  field?: string,
  cause?: unknown,
): KintsugiError =>
  new KintsugiError('BANK_INVALID', message, {
    file,
    next: NEXT,
    cause,
    ...(field === undefined ? {} : { field }),
  });

/**
 * Reads a bank; every prompt's hash is checked and nothing outside the folder is read.
 * @throws KintsugiError BANK_INVALID, SAFETENSORS_INVALID, UNSAFE_FORMAT
 */
export async function readBank(dir: string): Promise<StoredBank> {
  const folder = await openFolder(dir).catch((cause) => {
    throw invalidBank(dir, `There is no bank folder ${dir}`, undefined, cause);
  });
  const { manifest, hash } = await readManifest(folder);
  const { baseModel, tokenizerHash, compression, seed } = manifest;
  const selector = bankSelector(manifest, folder.path);
  const prompts: (BankPrompt & { readonly hash: string })[] = [];
  for (const entry of manifest.prompts)
    prompts.push(await readPrompt(folder, entry, baseModel.hiddenSize));
  const width = baseModel.hiddenSize;
  return { prompts, width, selector, baseModel, tokenizerHash, compression, seed, hash };
}

/** The selector that a manifest describes. @throws KintsugiError BANK_INVALID naming the field */
export function bankSelector({ selector, prompts, baseModel }: Manifest, file: string): Selector {
  const read = readSelector(selector, prompts.length, baseModel.hiddenSize);
  if ('fault' in read) throw invalidBank(file, read.fault, read.field);
  return read;
}

async function readManifest(folder: Folder): Promise<{ manifest: Manifest; hash: string }> {
  const file = join(folder.path, MANIFEST);
  const path = await folder.inside(MANIFEST).catch((cause) => {
    throw invalidBank(file, `The folder has no ${MANIFEST}`, undefined, cause);
  });
  if (path === undefined) throw invalidBank(file, `${MANIFEST} leads out of the bank`);
  const kind = { code: 'BANK_INVALID', limit: MANIFEST_LIMIT, next: NEXT } as const;
  const { value, bytes } = await readJsonObject(path, kind);
  const hash = createHash('sha256').update(bytes).digest('hex');
  return { manifest: checkManifest(value, file), hash };
}

/** Checks what a bank says of itself. @throws KintsugiError BANK_INVALID naming the field */
export function checkManifest(value: JsonObject, file: string): Manifest {
  const version = value['formatVersion'];
  if (typeof version === 'number' && version > FORMAT_VERSION)
    throw new KintsugiError(
      'BANK_INVALID',
      `The bank has format ${version}; this Kintsugi reads up to ${FORMAT_VERSION}`,
      { file, field: 'formatVersion', next: 'Update Kintsugi, then open the bank again.' },
    );
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.join('.') || MANIFEST;
  throw invalidBank(file, `${field}: ${issue.message.replace(/^Invalid input: /, '')}`, field);
}

async function readPrompt(
  bank: Folder,
  { folder, sha256, ...entry }: Manifest['prompts'][number],
  width: number,
): Promise<BankPrompt & { readonly hash: string }> {
  const { name, tokens } = entry;
  const file = join(bank.path, folder);
  const missing = (cause: unknown): never => {
    throw invalidBank(file, `The prompt ${quote(name)} is missing`, name, cause);
  };
  const inner = await bank.folder(folder).catch(missing);
  const weights = await inner?.inside(WEIGHTS).catch(missing);
  if (!inner || !weights) throw invalidBank(file, `${quote(folder)} leads out of the bank`, name);
  if ((await hashFile(weights).catch(missing)) !== sha256)
    throw invalidBank(
      weights,
      `The prompt ${quote(name)} has changed since the bank was made`,
      name,
    );
  const prompt = await readPromptFolder(inner);
  if (prompt.tokens !== tokens || prompt.width !== width)
    throw invalidBank(
      weights,
      `The prompt ${quote(name)} is [${prompt.tokens},${prompt.width}], the bank says [${tokens},${width}]`,
      name,
    );
  return { ...promptOf(entry, width, prompt.embeddings, weights), hash: sha256 };
}

/**
 * A prompt as the manifest describes it, with its numbers [tokens, width].
 * @throws KintsugiError BANK_INVALID when it calls itself quantised and is not
 */
export function promptOf(
  { name, tokens, family, metrics, bits }: Omit<Manifest['prompts'][number], 'folder' | 'sha256'>,
  width: number,
  embeddings: Float32Array,
  file: string,
): BankPrompt {
  const prompt = { name, tokens, width, embeddings, family, metrics };
  if (bits === undefined) return prompt;
  if (relativeError([prompt], [roundPrompt(prompt, bits)]) !== 0)
    throw invalidBank(file, `The prompt ${quote(name)} is not one of ${bits}-bit numbers`, name);
  return { ...prompt, bits };
}

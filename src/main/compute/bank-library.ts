import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../core/checkpoint/atomic.ts';
import { type BankPrompt, readBank, type StoredBank, writeBank } from '../../core/export/bank.ts';
import {
  bankToJson,
  packedBytes,
  unpackBankFile,
  writeBankFile,
} from '../../core/export/bank-file.ts';
import { checkBankFits } from '../../core/export/fit.ts';
import {
  PROMPT_BITS,
  type PromptBits,
  relativeError,
  roundPrompt,
} from '../../core/export/prompt-codes.ts';
import { selectorOfSome } from '../../core/select/selector.ts';
import type { BankFormat, BankSizes, BankSource } from '../../shared/contract/banks.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { promptNameFaults } from '../../shared/prompt-names.ts';
import { hashFolder } from './artefact.ts';

/** A bank folder, read and checked. */
export interface FoundBank {
  readonly bank: StoredBank;
  /** Content hash of the folder, as arms carry it. */
  readonly hash: string;
  readonly bytes: number;
}

/** @throws KintsugiError BANK_INVALID, SAFETENSORS_INVALID, UNSAFE_FORMAT */
export async function openBank(dir: string): Promise<FoundBank> {
  const bank = await readBank(dir);
  return { bank, hash: await hashFolder(dir), bytes: await folderBytes(dir) };
}

async function folderBytes(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/**
 * Reads a bank from outside into a folder of its own below `parent`, checked, and hands it to `use`,
 * which may rename the folder away; afterwards it is gone.
 * @throws KintsugiError as openBank
 */
export async function withIncoming<T>(
  source: BankSource,
  parent: string,
  use: (dir: string, found: FoundBank) => Promise<T>,
): Promise<T> {
  const temporary = join(parent, `.incoming-${randomUUID()}`);
  const dir = join(temporary, 'bank');
  try {
    await mkdir(temporary, { recursive: true });
    await receive(source, temporary, dir);
    return await use(dir, await openBank(dir));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function receive(source: BankSource, temporary: string, dir: string): Promise<void> {
  if ('base64' in source) {
    const file = join(temporary, 'bank.safetensors');
    await writeFile(file, Buffer.from(source.base64, 'base64'));
    await unpackBankFile(file, dir).catch((error) => Promise.reject(named(error, source.name)));
    return;
  }
  const stats = await stat(source.path).catch((cause) => {
    throw new KintsugiError('BANK_INVALID', `There is no file or folder ${source.path}`, {
      next: 'Check the path; it is one of the machine that computes.',
      field: 'path',
      cause,
    });
  });
  // Written anew, so that nothing but what was checked comes in.
  if (stats.isDirectory()) await writeBank(dir, await readBank(source.path));
  else await unpackBankFile(source.path, dir);
}

/** Uploaded bytes lie in a temporary file, whose path says nothing to anybody. */
function named(error: unknown, name: string): unknown {
  if (!(error instanceof KintsugiError)) return error;
  const { code, message, next, field, cause } = error;
  const text = message.replaceAll(/\S*bank\.safetensors/g, name);
  return new KintsugiError(code, text, { next, file: name, cause, ...(field && { field }) });
}

/** Whether `bank` was made for the very model that `other` was made for. @throws BANK_INCOMPATIBLE */
export function checkSameModel(bank: StoredBank, other: StoredBank): void {
  const { hash: modelHash, hiddenSize } = other.baseModel;
  checkBankFits(bank, { modelHash, hiddenSize, tokenizerHash: other.tokenizerHash });
}

/** bank.json's bound. */
const MOST_PROMPTS = 256;

/**
 * Writes one bank with all prompts of several, which were made for the same model. A name that two
 * of them use gets the name of its bank. @throws KintsugiError BANK_INCOMPATIBLE, ARGUMENT_INVALID
 */
export async function mergeBanks(
  sources: readonly { readonly name: string; readonly dir: string }[],
  dir: string,
): Promise<void> {
  const banks = await Promise.all(
    sources.map(async ({ name, dir: folder }) => ({ name, bank: await readBank(folder) })),
  );
  const [first, ...others] = banks as [(typeof banks)[number], ...typeof banks];
  for (const { bank } of others) checkSameModel(bank, first.bank);
  const prompts = banks.flatMap(({ name, bank }) =>
    bank.prompts.map((prompt) => ({ ...prompt, bank: name })),
  );
  if (prompts.length > MOST_PROMPTS) throw tooMany(prompts.length);
  const uses = Map.groupBy(prompts, ({ name }) => name);
  const taken = new Set<string>();
  const renamed = prompts.map(({ bank: source, ...prompt }) => {
    const wanted = uses.get(prompt.name)!.length > 1 ? `${prompt.name} (${source})` : prompt.name;
    return { ...prompt, name: distinct(wanted, taken) };
  });
  const dynamic = banks.find(({ bank }) => bank.selector.kind === 'idp')?.bank.selector;
  const selector = dynamic ?? { kind: 'idp' as const, layer: 0 };
  await writeBank(dir, { ...first.bank, prompts: renamed, selector });
}

/**
 * Writes a bank of some of a bank's prompts. @throws KintsugiError BANK_INVALID, ARGUMENT_INVALID
 */
export async function splitBank(
  source: string,
  names: readonly string[],
  dir: string,
): Promise<void> {
  const bank = await readBank(source);
  refuseUnknown(bank, names);
  const kept = names.map((name) => bank.prompts.findIndex((prompt) => prompt.name === name));
  const selector = selectorOfSome(bank.selector, bank.prompts.length, kept);
  await writeBank(dir, { ...bank, prompts: kept.map((k) => bank.prompts[k]!), selector });
}

/**
 * Writes the bank with other names for some of its prompts, by their names so far; the folders are
 * named after them. @throws KintsugiError BANK_INVALID, ARGUMENT_INVALID naming the prompt
 */
export async function renamePrompts(
  source: string,
  names: Readonly<Record<string, string>>,
  dir: string,
): Promise<void> {
  const bank = await readBank(source);
  refuseUnknown(bank, Object.keys(names));
  const prompts = bank.prompts.map((prompt) => ({
    ...prompt,
    name: Object.hasOwn(names, prompt.name) ? names[prompt.name]!.trim() : prompt.name,
  }));
  const renamed = (i: number) => Object.hasOwn(names, bank.prompts[i]!.name);
  const faults = promptNameFaults(prompts.map(({ name }) => name));
  const at = faults.findIndex((fault, i) => fault !== null && renamed(i));
  if (at >= 0) {
    const { name } = bank.prompts[at]!;
    throw new KintsugiError('ARGUMENT_INVALID', `"${name}" cannot be renamed. ${faults[at]}`, {
      field: `prompts.${name}`,
      next: 'Give every prompt a short name of its own.',
    });
  }
  await writeBank(dir, { ...bank, prompts });
}

function refuseUnknown({ prompts }: StoredBank, names: readonly string[]): void {
  const known = prompts.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new KintsugiError('ARGUMENT_INVALID', `The bank has no prompt "${unknown}".`, {
    field: 'prompts',
    next: `Choose among: ${known.join(', ')}.`,
  });
}

/**
 * Writes the bank with every virtual token rounded to `bits` bits with a scale of its own.
 * @throws KintsugiError BANK_INVALID
 */
export async function quantizeBank(source: string, bits: PromptBits, dir: string): Promise<void> {
  const bank = await readBank(source);
  await writeBank(dir, { ...bank, prompts: roundedPrompts(bank, bits) });
}

/** The bank's prompts with every virtual token in whole numbers of few bits and a scale. */
export const roundedPrompts = ({ prompts }: StoredBank, bits: PromptBits): BankPrompt[] =>
  prompts.map((prompt) => ({ ...roundPrompt(prompt, bits), bits }));

/** What each width of codes would save, and how far it would move the prompts. */
export function tryQuantizing({ bank }: FoundBank): BankSizes {
  return {
    bytes: packedBytes(bank.prompts),
    quantized: PROMPT_BITS.map((bits) => {
      const prompts = roundedPrompts(bank, bits);
      return { bits, bytes: packedBytes(prompts), error: relativeError(bank.prompts, prompts) };
    }),
  };
}

function distinct(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted} ${count}`;
  taken.add(name);
  return name;
}

function tooMany(count: number): KintsugiError {
  return new KintsugiError(
    'ARGUMENT_INVALID',
    `Together the banks have ${count} prompts; a bank has at most ${MOST_PROMPTS}.`,
    { next: 'Merge fewer banks.', field: 'ids' },
  );
}

/**
 * Writes a bank for use elsewhere into `parent`, as PEFT folders with a manifest, as one file, or as
 * JSON, named after `name` and its content. The same bank again replaces the same export.
 * @returns the path of what was written
 */
export async function exportBank(
  { bank, hash }: FoundBank,
  name: string,
  format: BankFormat,
  parent: string,
): Promise<string> {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const stem = [...words, hash.slice(0, 8)].join('-').slice(-80);
  const path = join(parent, `${stem}${SUFFIXES[format]}`);
  switch (format) {
    case 'peft':
      await replaceFolder(path, (dir) => writeBank(dir, bank));
      return path;
    case 'file':
      await writeBankFile(path, bank);
      return path;
    case 'json':
      await writeFileAtomic(path, bankToJson(bank));
      return path;
  }
}

const SUFFIXES: Readonly<Record<BankFormat, string>> = {
  peft: '',
  file: '.bank.safetensors',
  json: '.bank.json',
};

/** The old folder goes only when the new one is complete. */
async function replaceFolder(path: string, write: (dir: string) => Promise<void>): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  await write(fresh);
  await rm(path, { recursive: true, force: true });
  await rename(fresh, path);
}

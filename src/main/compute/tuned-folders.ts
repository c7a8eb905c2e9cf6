import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { compressionOf } from '../../core/compress/provenance.ts';
import { readBank, type StoredBank, writeBank } from '../../core/export/bank.ts';
import { checkBankFits, checkLoraFits, checkPrefixFits } from '../../core/export/fit.ts';
import { readLora, writeLora } from '../../core/export/lora.ts';
import { type BaseModel, peftType } from '../../core/export/peft.ts';
import { readPrefix, writePrefix } from '../../core/export/prefix.ts';
import type { Selector } from '../../core/select/selector.ts';
import type { TunedPrompt } from '../../core/tune/prompt.ts';
import type { LoraAdapter, Prefix } from '../../core/tune/types.ts';
import * as bankRows from '../db/banks.ts';
import type { Store } from '../db/open.ts';
import type { LoadedModel } from './load-model.ts';

/** The model that something was tuned on, and the name that it goes by. */
export interface TunedOn {
  readonly loaded: LoadedModel;
  /** "starter" or a model folder; only its last part is recorded. */
  readonly model: string;
  readonly seed: number;
}

/** Writes a bank in place of what an earlier attempt left at `dir`. */
export async function saveBank(
  dir: string,
  tuned: readonly Pick<TunedPrompt, 'prompt' | 'best'>[],
  selector: Selector,
  on: TunedOn,
): Promise<void> {
  const { checkpoint, tokenizer } = on.loaded;
  await rm(dir, { recursive: true, force: true });
  await writeBank(dir, {
    prompts: tuned.map(({ prompt, best }) => ({
      ...prompt,
      family: prompt.name,
      metrics: best === undefined ? {} : { validation: best.validation, step: best.step },
    })),
    selector,
    baseModel: baseModel(on),
    tokenizerHash: tokenizer.hash,
    compression: checkpoint.quantization ?? compressionOf(checkpoint) ?? null,
    seed: on.seed,
  });
}

/** Makes a run's bank known to the store, by what is in its folder. */
export async function recordBank(
  store: Store,
  runId: string,
  dir: string,
  seed: number,
): Promise<void> {
  const { hash, baseModel, prompts } = await readBank(dir);
  await bankRows.saveBank(store.db, {
    runId,
    seed,
    hash,
    modelHash: baseModel.hash,
    directory: dir,
    prompts: prompts.map(({ name, tokens, hash: promptHash }) => ({
      name,
      tokens,
      hash: promptHash,
    })),
  });
}

/** @throws KintsugiError BANK_INVALID, BANK_INCOMPATIBLE */
export async function loadBank(dir: string, loaded: LoadedModel): Promise<StoredBank> {
  const { checkpoint, model, tokenizer } = loaded;
  const bank = await readBank(dir);
  checkBankFits(bank, {
    modelHash: checkpoint.hash,
    hiddenSize: model.config.embeddingSize,
    tokenizerHash: tokenizer.hash,
  });
  return bank;
}

/** Writes an adapter in place of what an earlier attempt left at `dir`. */
export async function saveAdapter(dir: string, adapter: LoraAdapter, on: TunedOn): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  const { transposedLinears = false } = on.loaded.model.family;
  await writeLora(dir, adapter, { ...baseModel(on), transposedLinears });
}

/** @throws KintsugiError ADAPTER_INVALID, ADAPTER_INCOMPATIBLE */
export async function loadAdapter(dir: string, loaded: LoadedModel): Promise<LoraAdapter> {
  const stored = await readLora(dir);
  const { family, config } = loaded.model;
  checkLoraFits(stored, loaded.checkpoint.hash, family.tensorShapes(config));
  return stored.adapter;
}

/** Writes a prefix in place of what an earlier attempt left at `dir`. */
export async function savePrefix(dir: string, prefix: Prefix, on: TunedOn): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await writePrefix(dir, prefix, baseModel(on));
}

/** @throws KintsugiError ADAPTER_INVALID, ADAPTER_INCOMPATIBLE */
export async function loadPrefix(dir: string, loaded: LoadedModel): Promise<Prefix> {
  const stored = await readPrefix(dir);
  checkPrefixFits(stored, loaded.checkpoint.hash, loaded.model.config);
  return stored.prefix;
}

/** Whether a PEFT folder holds a prefix. @throws KintsugiError ADAPTER_INVALID */
export const isPrefixFolder = async (dir: string): Promise<boolean> =>
  (await peftType(dir)) === 'PREFIX_TUNING';

function baseModel({ loaded, model }: TunedOn): BaseModel {
  const { embeddingSize: hiddenSize, layers, heads } = loaded.model.config;
  const id = model === 'starter' ? 'kintsugi-starter' : basename(model);
  return { id, hash: loaded.checkpoint.hash, hiddenSize, layers, heads };
}

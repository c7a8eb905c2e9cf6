import { type ErrorCode, KintsugiError } from '../../shared/errors.ts';
import { quote } from '../checkpoint/json.ts';
import type { ModelConfig } from '../models/family.ts';
import type { Bank } from './bank.ts';
import type { StoredLora } from './lora.ts';
import type { StoredPrefix } from './prefix.ts';

/** What a model must share with the one that prompts or an adapter were tuned on. */
export interface Target {
  /** `Checkpoint.hash`. */
  readonly modelHash: string;
  readonly hiddenSize: number;
  readonly tokenizerHash: string;
}

/** @throws KintsugiError BANK_INCOMPATIBLE naming the field in which bank and model differ */
export function checkBankFits(bank: Bank, target: Target): void {
  const { id, hash, hiddenSize } = bank.baseModel;
  const refuse = (field: string, message: string) =>
    incompatible('BANK_INCOMPATIBLE', field, `The bank was made for ${quote(id)}, ${message}`);
  if (hiddenSize !== target.hiddenSize)
    throw refuse('hiddenSize', `of width ${hiddenSize}; this model's is ${target.hiddenSize}`);
  if (bank.tokenizerHash !== target.tokenizerHash)
    throw refuse('tokenizerHash', 'which has another tokenizer');
  if (hash !== target.modelHash) throw refuse('modelHash', 'whose weights differ from these');
}

/**
 * `shapes` are the model's linear weights [out, in] by tensor name.
 * @throws KintsugiError ADAPTER_INCOMPATIBLE naming the module or field
 */
export function checkLoraFits(
  { adapter, baseModelHash }: StoredLora,
  modelHash: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): void {
  const refuse = (field: string, message: string) =>
    incompatible('ADAPTER_INCOMPATIBLE', field, message);
  for (const [path, { in: width, out }] of adapter.modules) {
    const shape = shapes.get(`${path}.weight`);
    if (!shape) throw refuse(path, `The adapter changes ${quote(path)}, which the model lacks`);
    if (shape[0] !== out || shape[1] !== width)
      throw refuse(path, `${quote(path)} is [${shape}], the adapter is for [${out},${width}]`);
  }
  if (baseModelHash !== undefined && baseModelHash !== modelHash)
    throw refuse('modelHash', 'The adapter was made for a model whose weights differ from these');
}

/** @throws KintsugiError ADAPTER_INCOMPATIBLE naming the field in which prefix and model differ */
export function checkPrefixFits(
  { prefix, baseModelHash }: StoredPrefix,
  modelHash: string,
  config: ModelConfig,
): void {
  const refuse = (field: string, message: string) =>
    incompatible('ADAPTER_INCOMPATIBLE', field, message);
  for (const field of ['layers', 'keyValueHeads', 'headDim'] as const)
    if (prefix[field] !== config[field])
      throw refuse(field, `The prefix has ${field} ${prefix[field]}, the model ${config[field]}`);
  if (baseModelHash !== undefined && baseModelHash !== modelHash)
    throw refuse('modelHash', 'The prefix was made for a model whose weights differ from these');
}

const incompatible = (code: ErrorCode, field: string, message: string): KintsugiError =>
  new KintsugiError(code, message, {
    field,
    next: 'Open the model that it was made for, or tune again on this one.',
  });

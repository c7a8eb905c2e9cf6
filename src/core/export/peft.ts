import { join } from 'node:path';
import { z } from 'zod';
import { type ErrorCode, KintsugiError } from '../../shared/errors.ts';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { isFloatDtype } from '../checkpoint/dtype.ts';
import { type JsonObject, quote, readJsonObject } from '../checkpoint/json.ts';
import { type Folder, openFolder } from '../checkpoint/paths.ts';
import {
  findNonFinite,
  openSafetensors,
  readFloat32,
  type Safetensors,
  type TensorData,
  type TensorEntry,
  writeSafetensors,
} from '../checkpoint/safetensors.ts';

/** The model that prompts or an adapter belong to. */
export interface BaseModel {
  /** Hub name or folder, for people and for PEFT. */
  readonly id: string;
  /** `Checkpoint.hash` of the weights that were frozen while tuning. */
  readonly hash: string;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
}

const CONFIG = 'adapter_config.json';
export const WEIGHTS = 'adapter_model.safetensors';
const PICKLE = 'adapter_model.bin';
const CONFIG_LIMIT = 2 ** 20;

/** Key of the safetensors metadata under which we note the base model's hash; PEFT ignores it. */
const BASE_HASH = 'base_model_hash';

export interface PeftFiles {
  /** adapter_config.json without the fields that all methods share. */
  readonly config: JsonObject;
  readonly tensors: readonly TensorData[];
  /** What the folder holds, as one sentence for its README. */
  readonly summary: string;
}

/** Writes the three files of a PEFT folder (layout of huggingface/peft 0.20) into `dir`. */
export async function writePeftFiles(
  dir: string,
  baseModel: BaseModel,
  { config, tensors, summary }: PeftFiles,
): Promise<void> {
  const shared = {
    auto_mapping: null,
    base_model_name_or_path: baseModel.id,
    inference_mode: true,
    revision: null,
    task_type: 'CAUSAL_LM',
  };
  await writeSafetensors(join(dir, WEIGHTS), tensors, {
    format: 'pt',
    [BASE_HASH]: baseModel.hash,
  });
  await writeFileAtomic(join(dir, 'README.md'), readme(baseModel, summary));
  await writeFileAtomic(join(dir, CONFIG), toJson({ ...shared, ...config }));
}

/** Two spaces and names in order, as peft writes it. */
const toJson = (value: JsonObject): string =>
  `${JSON.stringify(Object.fromEntries(Object.entries(value).toSorted()), null, 2)}\n`;

const readme = ({ id, hash }: BaseModel, summary: string): string => `---
base_model: ${JSON.stringify(id)}
library_name: peft
---

${summary} Made by Kintsugi for ${JSON.stringify(id)}; SHA-256 of its config and weights: ${hash}.

\`\`\`python
from peft import PeftModel
model = PeftModel.from_pretrained(base_model, "path of this folder")
\`\`\`
`;

/** A PEFT folder with its header read and its configuration not yet checked. */
export interface PeftFolder {
  readonly config: JsonObject;
  readonly weights: Safetensors;
  /** As noted when the folder was written by us. */
  readonly baseModelHash: string | undefined;
  /** An error about this folder. */
  fault(message: string, field?: string): KintsugiError;
}

/** What a PEFT folder says that it holds. @throws KintsugiError ADAPTER_INVALID */
export async function peftType(dir: string): Promise<unknown> {
  const kind = {
    code: 'ADAPTER_INVALID',
    limit: CONFIG_LIMIT,
    next: 'Give a folder with an adapter_config.json, from Kintsugi or PEFT.',
  } as const;
  const { value } = await readJsonObject(join(dir, CONFIG), kind);
  return value['peft_type'];
}

/**
 * Opens a PEFT folder of one method.
 * @throws KintsugiError `code`, SAFETENSORS_INVALID, UNSAFE_FORMAT
 */
export async function openPeftFolder(
  dir: string | Folder,
  method: 'PROMPT_TUNING' | 'PREFIX_TUNING' | 'LORA',
  code: ErrorCode,
): Promise<PeftFolder> {
  const next = 'Export the folder again, from Kintsugi or with save_pretrained of PEFT.';
  const fault = (message: string, field?: string, cause?: unknown) => {
    const file = typeof dir === 'string' ? dir : dir.path;
    const context = { file, next, cause, ...(field === undefined ? {} : { field }) };
    return new KintsugiError(code, message, context);
  };
  const folder = typeof dir === 'string' ? await openFolder(dir).catch(rethrow(fault, dir)) : dir;
  const file = async (name: string): Promise<string> => {
    const path = await folder.inside(name).catch(rethrow(fault, name));
    if (path === undefined) throw fault(`${name} leads out of the folder`, name);
    return path;
  };
  const { value } = await readJsonObject(await file(CONFIG), { code, limit: CONFIG_LIMIT, next });
  if (value['peft_type'] !== method)
    throw fault(`The folder's peft_type is not ${method}`, 'peft_type');
  await refusePickle(folder);
  const weights = await openSafetensors(await file(WEIGHTS));
  const { [BASE_HASH]: baseModelHash } = weights.metadata;
  return { config: value, weights, baseModelHash, fault };
}

const rethrow = (fault: (m: string, f?: string, c?: unknown) => Error, what: string) => {
  return (cause: unknown): never => {
    throw fault(`${what} does not exist or cannot be opened`, undefined, cause);
  };
};

async function refusePickle(folder: Folder): Promise<void> {
  const exists = (name: string) =>
    folder.inside(name).then(
      () => true,
      () => false,
    );
  if ((await exists(WEIGHTS)) || !(await exists(PICKLE))) return;
  throw new KintsugiError(
    'UNSAFE_FORMAT',
    `${PICKLE} is a Python pickle, which can run any program when it is opened`,
    {
      file: join(folder.path, PICKLE),
      next: 'Save the adapter again as safetensors; PEFT does so by default.',
    },
  );
}

/** Checks a folder's configuration. @throws the folder's fault, naming the field */
export function parseConfig<T>({ config, fault }: PeftFolder, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const field = path.join('.');
  throw fault(`${CONFIG}: ${field} ${message.replace(/^Invalid input: /, '')}`, field);
}

/** Values of a float tensor of a folder, none of them NaN or infinite. @throws the folder's fault */
export function readValues({ fault }: PeftFolder, entry: TensorEntry): Float32Array {
  const { name, dtype } = entry;
  if (!isFloatDtype(dtype)) throw fault(`${quote(name)} is ${dtype}, not a float`, name);
  const bad = findNonFinite(entry);
  if (bad) throw fault(`${quote(name)} holds NaN or infinity at [${bad.join(', ')}]`, name);
  return readFloat32(entry);
}

/** A size that a hostile file may claim. */
export const size = (maximum: number) => z.int().min(1).max(maximum);

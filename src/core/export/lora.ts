import { z } from 'zod';
import { writeFolderAtomic } from '../checkpoint/atomic.ts';
import { float32Bytes } from '../checkpoint/dtype.ts';
import { quote } from '../checkpoint/json.ts';
import type { TensorData, TensorEntry } from '../checkpoint/safetensors.ts';
import type { LoraAdapter, LoraModule } from '../tune/types.ts';
import {
  type BaseModel,
  openPeftFolder,
  type PeftFolder,
  parseConfig,
  readValues,
  size,
  writePeftFiles,
} from './peft.ts';

const PREFIX = 'base_model.model.';

/** Off, empty or absent: variants of LoRA that compute something else. */
const off = z.unknown().refine(isOff, 'is not supported').optional();

function isOff(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** Initialisations that also change the base model's weights, so that the adapter alone is useless. */
const CHANGES_BASE = /^(pissa|olora|corda|loftq|lora_ga)/;

const schema = z.object({
  r: size(1024),
  lora_alpha: z.number().positive().max(65_536),
  target_modules: z.array(z.string().min(1)).min(1),
  bias: z.literal('none', { error: 'must be "none"' }).default('none'),
  init_lora_weights: z
    .unknown()
    .refine((value) => !CHANGES_BASE.test(String(value)), 'changes the base model')
    .optional(),
  alora_invocation_tokens: off,
  alpha_pattern: off,
  arrow_config: off,
  /** How the base model stores its weights; the factors are the same either way. */
  fan_in_fan_out: z.boolean().default(false),
  kasa_config: off,
  layer_replication: off,
  lora_bias: off,
  modules_to_save: off,
  monteclora_config: off,
  rank_pattern: off,
  target_parameters: off,
  trainable_token_indices: off,
  use_bdlora: off,
  use_dora: off,
  use_qalora: off,
  use_rslora: z.boolean().default(false),
  lora_dropout: z.number().min(0).max(1).default(0),
  velora_config: off,
});

export interface LoraBase extends BaseModel {
  /** Linear weights stored [in, out], as in GPT-2. */
  readonly transposedLinears?: boolean;
}

/** Writes a LoRA adapter as a PEFT folder. @throws KintsugiError OUTPUT_UNWRITABLE */
export const writeLora = (dir: string, adapter: LoraAdapter, baseModel: LoraBase): Promise<void> =>
  writeFolderAtomic(dir, (folder) =>
    writePeftFiles(folder, baseModel, {
      config: {
        alpha_pattern: {},
        bias: 'none',
        fan_in_fan_out: baseModel.transposedLinears ?? false,
        init_lora_weights: true,
        layers_pattern: null,
        layers_to_transform: null,
        lora_alpha: adapter.alpha,
        lora_dropout: adapter.dropout,
        modules_to_save: null,
        peft_type: 'LORA',
        r: adapter.rank,
        rank_pattern: {},
        target_modules: adapter.targets.toSorted(),
        use_dora: false,
        use_rslora: adapter.rankStabilized,
      },
      tensors: [...adapter.modules].flatMap((entry) => moduleTensors(adapter.rank, entry)),
      summary: `A LoRA adapter of rank ${adapter.rank} for ${adapter.targets.join(', ')}.`,
    }),
  );

function moduleTensors(rank: number, [path, module]: [string, LoraModule]): TensorData[] {
  const { in: width, out, a, b } = module;
  return [
    {
      name: `${PREFIX}${path}.lora_A.weight`,
      dtype: 'F32',
      shape: [rank, width],
      data: float32Bytes(a),
    },
    {
      name: `${PREFIX}${path}.lora_B.weight`,
      dtype: 'F32',
      shape: [out, rank],
      data: float32Bytes(b),
    },
  ];
}

export interface StoredLora {
  readonly adapter: LoraAdapter;
  /** Absent from folders that others wrote. */
  readonly baseModelHash: string | undefined;
}

/**
 * Reads a PEFT LORA folder, ours or PEFT's own, if it is plain LoRA.
 * @throws KintsugiError ADAPTER_INVALID, SAFETENSORS_INVALID, UNSAFE_FORMAT
 */
export async function readLora(dir: string): Promise<StoredLora> {
  const folder = await openPeftFolder(dir, 'LORA', 'ADAPTER_INVALID');
  const config = parseConfig(folder, schema);
  const { r: rank, lora_alpha: alpha, target_modules: targets } = config;
  const { tensors } = folder.weights;
  const modules = new Map<string, LoraModule>();
  for (const name of tensors.keys()) {
    const [, path, half] = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name) ?? [];
    if (path === undefined)
      throw folder.fault(`${quote(name)} is not a tensor of plain LoRA`, name);
    if (half === 'A') modules.set(path, readModule(folder, rank, path));
    else factor(folder, path, 'A');
  }
  if (modules.size === 0) throw folder.fault('The adapter has no tensors');
  const { use_rslora: rankStabilized, lora_dropout: dropout } = config;
  const adapter = { rank, alpha, rankStabilized, dropout, targets, modules };
  return { adapter, baseModelHash: folder.baseModelHash };
}

function readModule(folder: PeftFolder, rank: number, path: string): LoraModule {
  const a = factor(folder, path, 'A');
  const b = factor(folder, path, 'B');
  const [rows, width] = a.shape;
  const [out, columns] = b.shape;
  const flat = a.shape.length === 2 && b.shape.length === 2;
  if (!flat || rows !== rank || columns !== rank || !width || !out)
    throw folder.fault(`${quote(path)} is [${a.shape}] and [${b.shape}], r is ${rank}`, path);
  return { in: width, out, a: readValues(folder, a), b: readValues(folder, b) };
}

/** One of the two tensors of a module. */
function factor({ weights, fault }: PeftFolder, path: string, half: 'A' | 'B'): TensorEntry {
  const entry = weights.tensors.get(`${PREFIX}${path}.lora_${half}.weight`);
  if (!entry) throw fault(`${quote(path)} has no lora_${half}`, path);
  return entry;
}

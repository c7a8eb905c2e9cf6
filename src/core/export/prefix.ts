import { z } from 'zod';
import { writeFolderAtomic } from '../checkpoint/atomic.ts';
import { float32Bytes } from '../checkpoint/dtype.ts';
import type { Prefix } from '../tune/types.ts';
import {
  type BaseModel,
  openPeftFolder,
  parseConfig,
  readValues,
  size,
  writePeftFiles,
} from './peft.ts';
import { MAX_TOKENS, MAX_WIDTH } from './prompt.ts';

/** The name that PEFT gives the tensor of every kind of prompt. */
const TENSOR = 'prompt_embeddings';

const schema = z
  .object({
    num_virtual_tokens: size(MAX_TOKENS),
    /** Width of a block's keys: PEFT sets it and the heads to those of the grouped keys. */
    token_dim: size(MAX_WIDTH),
    num_layers: size(1024),
    num_attention_heads: size(1024),
    /** A network that makes the prefix; it is only there while PEFT tunes. */
    prefix_projection: z.literal(false).default(false),
  })
  .refine((config) => config.token_dim % config.num_attention_heads === 0, {
    path: ['token_dim'],
    error: 'is not a multiple of num_attention_heads',
  });

/**
 * Writes a prefix as a PEFT PREFIX_TUNING folder: one tensor [tokens, layers · 2 · key width] that
 * goes into the key/value cache as it is. @throws KintsugiError OUTPUT_UNWRITABLE
 */
export const writePrefix = (dir: string, prefix: Prefix, baseModel: BaseModel): Promise<void> =>
  writeFolderAtomic(dir, (folder) => {
    const { name, tokens, layers, keyValueHeads, headDim, values } = prefix;
    const width = keyValueHeads * headDim;
    return writePeftFiles(folder, baseModel, {
      config: {
        encoder_hidden_size: width,
        modules_to_save: null,
        num_attention_heads: keyValueHeads,
        num_layers: layers,
        num_transformer_submodules: 1,
        num_virtual_tokens: tokens,
        peft_type: 'PREFIX_TUNING',
        prefix_projection: false,
        token_dim: width,
      },
      tensors: [
        {
          name: TENSOR,
          dtype: 'F32',
          shape: [tokens, layers * 2 * width],
          data: float32Bytes(values),
        },
      ],
      summary: `The prefix ${JSON.stringify(name)} of ${tokens} virtual tokens.`,
    });
  });

export interface StoredPrefix {
  readonly prefix: Prefix;
  readonly baseModelHash: string | undefined;
}

/**
 * Reads a PEFT PREFIX_TUNING folder, ours or PEFT's own.
 * @throws KintsugiError ADAPTER_INVALID, SAFETENSORS_INVALID, UNSAFE_FORMAT
 */
export async function readPrefix(dir: string): Promise<StoredPrefix> {
  const folder = await openPeftFolder(dir, 'PREFIX_TUNING', 'ADAPTER_INVALID');
  const config = parseConfig(folder, schema);
  const { num_virtual_tokens: tokens, num_layers: layers, token_dim: width } = config;
  const keyValueHeads = config.num_attention_heads;
  const { weights, baseModelHash, fault } = folder;
  const entry = weights.tensors.get(TENSOR);
  if (!entry || weights.tensors.size !== 1)
    throw fault(`The weights are not one tensor ${TENSOR}`, TENSOR);
  const shape = [tokens, layers * 2 * width];
  if (`${entry.shape}` !== `${shape}`)
    throw fault(`${TENSOR} is [${entry.shape}], the config says [${shape}]`, TENSOR);
  const headDim = width / keyValueHeads;
  const values = readValues(folder, entry);
  return {
    prefix: { name: 'prefix', tokens, layers, keyValueHeads, headDim, values },
    baseModelHash,
  };
}

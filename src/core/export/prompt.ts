import { z } from 'zod';
import { writeFolderAtomic } from '../checkpoint/atomic.ts';
import { float32Bytes } from '../checkpoint/dtype.ts';
import type { Folder } from '../checkpoint/paths.ts';
import type { SoftPrompt } from '../tune/types.ts';
import {
  type BaseModel,
  openPeftFolder,
  parseConfig,
  readValues,
  size,
  writePeftFiles,
} from './peft.ts';

/** As the recipe bounds them. */
export const MAX_TOKENS = 4096;
export const MAX_WIDTH = 65_536;

const TENSOR = 'prompt_embeddings';

const schema = z.object({
  num_virtual_tokens: size(MAX_TOKENS),
  token_dim: size(MAX_WIDTH),
  /** Two for encoder-decoder models, which we don't run. */
  num_transformer_submodules: z.literal(1).nullish(),
});

/**
 * Writes a soft prompt as a PEFT PROMPT_TUNING folder, which transformers can load.
 * @throws KintsugiError OUTPUT_UNWRITABLE
 */
export const writePromptFolder = (
  dir: string,
  prompt: SoftPrompt,
  baseModel: BaseModel,
): Promise<void> => writeFolderAtomic(dir, (folder) => fillPromptFolder(folder, prompt, baseModel));

/** The folder's files, written into a folder that is already there. */
export const fillPromptFolder = (
  dir: string,
  { name, tokens, width, embeddings }: SoftPrompt,
  baseModel: BaseModel,
): Promise<void> =>
  writePeftFiles(dir, baseModel, {
    config: {
      modules_to_save: null,
      num_attention_heads: baseModel.heads,
      num_layers: baseModel.layers,
      num_transformer_submodules: 1,
      num_virtual_tokens: tokens,
      peft_type: 'PROMPT_TUNING',
      // TEXT would make PEFT ask for the text and a tokenizer at load.
      prompt_tuning_init: 'RANDOM',
      prompt_tuning_init_text: null,
      token_dim: width,
      tokenizer_kwargs: null,
      tokenizer_name_or_path: null,
    },
    tensors: [
      { name: TENSOR, dtype: 'F32', shape: [tokens, width], data: float32Bytes(embeddings) },
    ],
    summary: `The soft prompt ${JSON.stringify(name)} of ${tokens} virtual tokens.`,
  });

export interface PromptFolder extends Omit<SoftPrompt, 'name'> {
  readonly baseModelHash: string | undefined;
}

/**
 * Reads a PEFT PROMPT_TUNING folder, ours or PEFT's own.
 * @throws KintsugiError BANK_INVALID, SAFETENSORS_INVALID, UNSAFE_FORMAT
 */
export async function readPromptFolder(dir: string | Folder): Promise<PromptFolder> {
  const folder = await openPeftFolder(dir, 'PROMPT_TUNING', 'BANK_INVALID');
  const { num_virtual_tokens: tokens, token_dim: width } = parseConfig(folder, schema);
  const { weights, baseModelHash, fault } = folder;
  const entry = weights.tensors.get(TENSOR);
  if (!entry || weights.tensors.size !== 1)
    throw fault(`The weights are not one tensor ${TENSOR}`, TENSOR);
  if (entry.shape.length !== 2 || entry.shape[0] !== tokens || entry.shape[1] !== width)
    throw fault(`${TENSOR} is [${entry.shape}], the config says [${tokens},${width}]`, TENSOR);
  return { tokens, width, embeddings: readValues(folder, entry), baseModelHash };
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { float32Bytes } from '../../src/core/checkpoint/dtype.ts';
import { writeSafetensors } from '../../src/core/checkpoint/safetensors.ts';
import { elements } from '../../src/core/engine/graph/graph.ts';
import type { DecoderConfig } from '../../src/core/models/decoder-config.ts';
import type { Family } from '../../src/core/models/family.ts';
import { llama } from '../../src/core/models/llama/index.ts';
import { createRandom } from '../../src/core/random.ts';

/** A LLaMA of a few thousand parameters with grouped key/value heads. */
export const tinyJson = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 64,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
};

export const tinyFamily = llama as unknown as Family;
export const tinyConfig: DecoderConfig = llama.parseConfig(tinyJson, 'config.json');

/** Random parameters, the same for the same seed. */
export function tinyParameters(config = tinyConfig, seed = 1): Record<string, Float32Array> {
  const random = createRandom(seed, 'tiny');
  return Object.fromEntries(
    [...llama.tensorShapes(config)].map(([name, shape]) => {
      const norm = shape.length === 1;
      const draw = () => (norm ? 1 + random.normal() / 10 : random.normal() / Math.sqrt(shape[1]!));
      return [name, Float32Array.from({ length: elements(shape) }, draw)];
    }),
  );
}

/** Writes the tiny model as a Hugging Face folder. */
export async function writeTinyModel(dir: string): Promise<void> {
  const parameters = tinyParameters();
  const tensors = [...llama.tensorShapes(tinyConfig)].map(([name, shape]) => {
    const data = float32Bytes(parameters[name]!);
    return { name, dtype: 'F32' as const, shape: [...shape], data };
  });
  await mkdir(dir, { recursive: true });
  await writeSafetensors(join(dir, 'model.safetensors'), tensors);
  await writeFile(join(dir, 'config.json'), JSON.stringify(tinyJson));
}

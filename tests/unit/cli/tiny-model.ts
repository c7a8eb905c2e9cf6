import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../../src/core/checkpoint/safetensors.ts';
import { llama } from '../../../src/core/models/llama/index.ts';
import { createRandom } from '../../../src/core/random.ts';

const STARTER = join(import.meta.dirname, '../../../resources/starter');

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 4096,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  max_position_embeddings: 128,
  tie_word_embeddings: true,
  torch_dtype: 'float32',
};

/** A random LLaMA of two small blocks with the starter's tokenizer. It knows nothing, but it runs. */
export async function writeTinyModel(dir: string, changes: object = {}): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const random = createRandom(1, 'tiny model');
  const tensors = [...llama.tensorShapes(llama.parseConfig(CONFIG, 'config.json'))].map(
    ([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const norm = name.includes('norm');
      const values = Float32Array.from({ length: size }, () => (norm ? 1 : random.normal() / 6));
      return { name, dtype: 'F32' as const, shape, data: new Uint8Array(values.buffer) };
    },
  );
  await writeSafetensors(join(dir, 'model.safetensors'), tensors, { format: 'pt' });
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...CONFIG, ...changes }));
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(join(STARTER, file), join(dir, file));
  }
}

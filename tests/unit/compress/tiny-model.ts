import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { writeSafetensors } from '../../../src/core/checkpoint/safetensors.ts';
import { familyOf } from '../../../src/core/models/registry.ts';
import { createRandom } from '../../../src/core/random.ts';

export const tinyConfig = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 50,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  tie_word_embeddings: true,
};

/** A random LLaMA checkpoint in `dir`, with a stand-in tokenizer. */
export async function makeTinyModel(dir: string, config = tinyConfig): Promise<Checkpoint> {
  const random = createRandom(3);
  const family = familyOf(config, 'config.json');
  const shapes = family.tensorShapes(family.parseConfig(config, 'config.json'));
  const tensors = [...shapes].map(([name, shape]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const center = shape.length === 1 ? 1 : 0;
    const values = Float32Array.from({ length: size }, () => center + 0.2 * random.normal());
    return { name, dtype: 'F32' as const, shape, data: new Uint8Array(values.buffer) };
  });
  await mkdir(dir, { recursive: true });
  await writeSafetensors(join(dir, 'model.safetensors'), tensors);
  await writeFile(join(dir, 'config.json'), JSON.stringify(config));
  await writeFile(join(dir, 'tokenizer.json'), '{"model":{}}');
  return openCheckpoint(dir);
}

/** Random ids below the vocabulary. */
export function calibrationIds(sequences: number, length: number) {
  const random = createRandom(4);
  const ids = new Int32Array(sequences * length).map(() => random.integer(tinyConfig.vocab_size));
  return { ids, length };
}

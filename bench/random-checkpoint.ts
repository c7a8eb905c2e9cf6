import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TensorStream, writeSafetensors } from '../src/core/checkpoint/safetensors.ts';
import { elements } from '../src/core/engine/graph/graph.ts';
import { llama } from '../src/core/models/llama/index.ts';
import { createRandom } from '../src/core/random.ts';

/** TinyLlama's shapes: 1.1 billion parameters with all 22 layers. */
export const tinyLlama = (layers: number) => ({
  architectures: ['LlamaForCausalLM'],
  vocab_size: 32_000,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: layers,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
});

const CHUNK = 2 ** 20;
/** Uniform in ±√3·σ, for σ near a trained model's 0.02. */
const SPREAD = 0.035;

/** bf16 values in pieces: norms are 1, everything else is uniform noise. */
function* values(name: string, shape: readonly number[]): Generator<Uint8Array> {
  const count = elements(shape);
  const random = createRandom(6, name);
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  for (let start = 0; start < count; start += CHUNK) {
    const halves = new Uint16Array(Math.min(CHUNK, count - start));
    for (let i = 0; i < halves.length; i++) {
      float[0] = shape.length === 1 ? 1 : (random.uniform() * 2 - 1) * SPREAD;
      halves[i] = bits[0]! >>> 16;
    }
    yield new Uint8Array(halves.buffer);
  }
}

/** Streams a random bf16 checkpoint of TinyLlama's shapes into `dir`. */
export async function writeRandomCheckpoint(dir: string, layers: number): Promise<void> {
  const json = tinyLlama(layers);
  const shapes = llama.tensorShapes(llama.parseConfig(json, 'config.json'));
  const tensors = [...shapes].map(
    ([name, shape]): TensorStream => ({
      name,
      dtype: 'BF16',
      shape,
      data: () => values(name, shape),
    }),
  );
  await mkdir(dir, { recursive: true });
  await writeSafetensors(join(dir, 'model.safetensors'), tensors);
  await writeFile(join(dir, 'config.json'), JSON.stringify({ ...json, torch_dtype: 'bfloat16' }));
}

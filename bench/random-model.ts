import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openSafetensors,
  type TensorEntry,
  writeSafetensors,
} from '../src/core/checkpoint/safetensors.ts';
import type { KernelWeights } from '../src/core/engine/custom/quantized.ts';
import { elements } from '../src/core/engine/graph/graph.ts';
import type { Family } from '../src/core/models/family.ts';
import { llama } from '../src/core/models/llama/index.ts';
import type { Model } from '../src/core/models/model.ts';
import { storedWeights } from '../src/core/models/weights.ts';
import { createRandom } from '../src/core/random.ts';

const WIDTH = 768;
/** The default group size of compression. */
const BLOCK = 128;

/** The benchmark's shapes (docs/log.md): d = 768, 12 heads, ffn 3072, vocabulary 8192. */
const benchConfig = (layers: number) =>
  llama.parseConfig(
    {
      vocab_size: 8192,
      hidden_size: WIDTH,
      intermediate_size: 3072,
      num_hidden_layers: layers,
      num_attention_heads: 12,
      max_position_embeddings: 2048,
      tie_word_embeddings: true,
    },
    'config.json',
  );

/** Parameters of the linear layers and the head: what a token is multiplied with. */
export function multipliedParameters(layers: number): number {
  const config = benchConfig(layers);
  const shapes = [...llama.tensorShapes(config)].filter(([, shape]) => shape.length === 2);
  return shapes.reduce((sum, [, shape]) => sum + elements(shape), 0);
}

function randomCodes(name: string, out: number, inner: number, seed: number) {
  const random = createRandom(seed, 'codes');
  const data = Uint8Array.from({ length: (out * inner) / 2 }, () => random.integer(256));
  return { name, dtype: 'U8' as const, shape: [out, inner / 2], data };
}

function kernelWeights(entry: TensorEntry): KernelWeights {
  const [out, half] = entry.shape as [number, number];
  const groups = (half * 2) / BLOCK;
  return {
    out,
    in: half * 2,
    block: BLOCK,
    bits: 4,
    codes: entry,
    scales: new Float32Array(out * groups).fill(0.005),
    zeros: new Uint8Array((out * groups) / 2).fill(0x88),
  };
}

/**
 * Runs `use` on a model of random weights in a temporary folder: dense float32 in a mapped file,
 * or with 4-bit linear layers.
 */
export async function withRandomModel<T>(
  layers: number,
  bits: 4 | 32,
  use: (model: Model) => Promise<T>,
): Promise<T> {
  const config = benchConfig(layers);
  const random = createRandom(1, 'bench');
  const dir = await mkdtemp(join(tmpdir(), 'kintsugi-bench-'));
  const codes: string[] = [];
  const tensors = [];
  for (const [name, shape] of llama.tensorShapes(config)) {
    const linear = shape.length === 2 && !name.includes('embed');
    if (linear && bits === 4) {
      const module = name.slice(0, -'.weight'.length);
      codes.push(module);
      tensors.push(randomCodes(module, shape[0]!, shape[1]!, codes.length));
      continue;
    }
    const norm = shape.length === 1;
    // Uniform: a million draws a weight matrix, and the values do not matter for the time.
    const values = Float32Array.from({ length: elements(shape) }, () =>
      norm ? 1 : (random.uniform() - 0.5) * 0.1,
    );
    tensors.push({
      name,
      dtype: 'F32' as const,
      shape: [...shape],
      data: new Uint8Array(values.buffer),
    });
  }
  try {
    const path = join(dir, 'model.safetensors');
    await writeSafetensors(path, tensors);
    const stored = (await openSafetensors(path)).tensors;
    const quantized = codes.map((module) => [module, kernelWeights(stored.get(module)!)] as const);
    const weights = storedWeights(stored, new Map(quantized));
    return await use({ family: llama as unknown as Family, config, weights });
  } finally {
    await rm(dir, { recursive: true });
  }
}

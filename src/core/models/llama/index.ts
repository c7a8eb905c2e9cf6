import * as tf from '@tensorflow/tfjs-core';
import { rotary } from '../../engine/custom/rotary.ts';
import { attend, mergeHeads, splitHeads } from '../attention.ts';
import type { BlockInput, BlockOutput, Family } from '../family.ts';
import { rmsNorm } from '../norm.ts';
import type { Weights } from '../weights.ts';
import { type LlamaConfig, parseLlamaConfig } from './config.ts';

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

const prefix = (layer: number): string => `model.layers.${layer}`;

function tensorShapes(config: LlamaConfig): Map<string, readonly number[]> {
  const { hiddenSize: d, intermediateSize, headDim } = config;
  const queries = config.heads * headDim;
  const keys = config.keyValueHeads * headDim;
  const shapes = new Map<string, readonly number[]>();
  shapes.set(EMBEDDING, [config.vocabularySize, d]);
  for (let layer = 0; layer < config.layers; layer++) {
    const add = (name: string, ...shape: number[]) =>
      shapes.set(`${prefix(layer)}.${name}.weight`, shape);
    add('input_layernorm', d);
    add('self_attn.q_proj', queries, d);
    add('self_attn.k_proj', keys, d);
    add('self_attn.v_proj', keys, d);
    add('self_attn.o_proj', d, queries);
    add('post_attention_layernorm', d);
    add('mlp.gate_proj', intermediateSize, d);
    add('mlp.up_proj', intermediateSize, d);
    add('mlp.down_proj', d, intermediateSize);
  }
  shapes.set('model.norm.weight', [d]);
  if (!config.tiedHead) shapes.set(HEAD, [config.vocabularySize, d]);
  return shapes;
}

function rotaryTables({ headDim, ropeTheta }: LlamaConfig, positions: number) {
  const half = headDim / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++)
    for (let i = 0; i < half; i++) {
      const angle = position / ropeTheta ** (i / half);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  return { cos: tf.tensor2d(cos, [positions, half]), sin: tf.tensor2d(sin, [positions, half]) };
}

/** x [batch, length, in] through a linear layer, rows flattened. */
function project(weights: Weights, module: string, x: tf.Tensor): tf.Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  const y = weights.linear(module, tf.reshape(x, [batch * length, width]));
  return tf.reshape(y, [batch, length, y.shape[1]!]);
}

function selfAttention(config: LlamaConfig, weights: Weights, layer: number, input: BlockInput) {
  const module = `${prefix(layer)}.self_attn`;
  const { x, positions, mask, past } = input;
  const { cos, sin } = rotaryTables(config, input.positionLimit);
  const query = splitHeads(project(weights, `${module}.q_proj`, x), config.heads);
  const key = splitHeads(project(weights, `${module}.k_proj`, x), config.keyValueHeads);
  const value = splitHeads(project(weights, `${module}.v_proj`, x), config.keyValueHeads);
  const rotated = rotary(key, positions, cos, sin);
  const { output, attention } = attend({
    query: rotary(query, positions, cos, sin),
    key: rotated,
    value,
    mask,
    scale: 1 / Math.sqrt(config.headDim),
    ...(past ? { past } : {}),
  });
  const x1 = project(weights, `${module}.o_proj`, mergeHeads(output));
  return { output: x1, key: rotated, value, attention };
}

function feedForward(weights: Weights, layer: number, x: tf.Tensor): tf.Tensor {
  const module = `${prefix(layer)}.mlp`;
  const gate = project(weights, `${module}.gate_proj`, x);
  const up = project(weights, `${module}.up_proj`, x);
  return project(weights, `${module}.down_proj`, tf.mul(tf.mul(gate, tf.sigmoid(gate)), up));
}

function block(
  config: LlamaConfig,
  weights: Weights,
  layer: number,
  input: BlockInput,
): BlockOutput {
  const norm = (name: string, x: tf.Tensor) =>
    rmsNorm(x, weights.tensor(`${prefix(layer)}.${name}.weight`), config.rmsNormEpsilon);
  const attended = selfAttention(config, weights, layer, {
    ...input,
    x: norm('input_layernorm', input.x),
  });
  const x = tf.add(input.x, attended.output);
  const mlp = feedForward(weights, layer, norm('post_attention_layernorm', x));
  return { ...attended, x: tf.add(x, mlp) };
}

/** LLaMA (arXiv 2302.13971): RMS norm, rotary positions, grouped key/value heads, SwiGLU. */
export const llama: Family<LlamaConfig> = {
  architectures: ['LlamaForCausalLM'],
  parseConfig: parseLlamaConfig,
  tensorShapes,
  stages(_config, layer) {
    const attention = (name: string) => `${prefix(layer)}.self_attn.${name}`;
    const mlp = (name: string) => `${prefix(layer)}.mlp.${name}`;
    return [
      [attention('q_proj'), attention('k_proj'), attention('v_proj')],
      [attention('o_proj')],
      [mlp('gate_proj'), mlp('up_proj')],
      [mlp('down_proj')],
    ];
  },
  embed: (_config, weights, ids) => tf.gather(weights.tensor(EMBEDDING), ids),
  block,
  head(config, weights, x) {
    const normed = rmsNorm(x, weights.tensor('model.norm.weight'), config.rmsNormEpsilon);
    return config.tiedHead
      ? tf.matMul(normed, weights.tensor(EMBEDDING), false, true)
      : weights.linear('lm_head', normed);
  },
};

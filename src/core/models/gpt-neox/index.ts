import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../activations.ts';
import { attend, mergeHeads, splitHeads } from '../attention.ts';
import type { BlockInput, BlockOutput, Family } from '../family.ts';
import { project, tiedHead } from '../linear.ts';
import { layerNorm } from '../norm.ts';
import { rotation } from '../rope.ts';
import { addAffine, type Shapes } from '../shapes.ts';
import type { Weights } from '../weights.ts';
import { type GptNeoXConfig, parseGptNeoXConfig } from './config.ts';

const BODY = 'gpt_neox.';
const EMBEDDING = `${BODY}embed_in.weight`;
const HEAD = 'embed_out';

const path = (layer: number): string => `${BODY}layers.${layer}`;

function tensorShapes(config: GptNeoXConfig): Shapes {
  const { hiddenSize: d, intermediateSize: inner, attentionBias } = config;
  const shapes = new Map<string, readonly number[]>();
  shapes.set(EMBEDDING, [config.vocabularySize, d]);
  for (let layer = 0; layer < config.layers; layer++) {
    addAffine(shapes, `${path(layer)}.input_layernorm`, [d], true);
    addAffine(shapes, `${path(layer)}.post_attention_layernorm`, [d], true);
    addAffine(shapes, `${path(layer)}.attention.query_key_value`, [3 * d, d], attentionBias);
    addAffine(shapes, `${path(layer)}.attention.dense`, [d, d], attentionBias);
    addAffine(shapes, `${path(layer)}.mlp.dense_h_to_4h`, [inner, d], true);
    addAffine(shapes, `${path(layer)}.mlp.dense_4h_to_h`, [d, inner], true);
  }
  addAffine(shapes, `${BODY}final_layer_norm`, [d], true);
  if (!config.tiedHead) addAffine(shapes, HEAD, [config.vocabularySize, d], false);
  return shapes;
}

const norm = ({ normEpsilon }: GptNeoXConfig, weights: Weights, name: string, x: tf.Tensor) =>
  layerNorm(x, normEpsilon, weights.tensor(`${name}.weight`), weights.tensor(`${name}.bias`));

function selfAttention(config: GptNeoXConfig, weights: Weights, layer: number, input: BlockInput) {
  const module = `${path(layer)}.attention`;
  const { mask, past } = input;
  // Rows of the weight are grouped by head: query, key and value of head 0, of head 1, …
  const byHead = splitHeads(project(weights, `${module}.query_key_value`, input.x), config.heads);
  const [query, key, value] = tf.split(byHead, 3, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const turn = rotation(config.rope, input);
  const turned = turn(key);
  const scale = 1 / Math.sqrt(config.headDim);
  const given = { query: turn(query), key: turned, value, mask, scale, past };
  const { output, attention } = attend(given);
  const x = project(weights, `${module}.dense`, mergeHeads(output));
  return { x, key: turned, value, attention };
}

function block(
  config: GptNeoXConfig,
  weights: Weights,
  layer: number,
  input: BlockInput,
): BlockOutput {
  const normed = (name: string, x: tf.Tensor) => norm(config, weights, `${path(layer)}.${name}`, x);
  const x0 = normed('input_layernorm', input.x);
  const attended = selfAttention(config, weights, layer, { ...input, x: x0 });
  const x = tf.add(input.x, attended.x);
  const read = normed('post_attention_layernorm', config.parallel ? input.x : x);
  const inner = project(weights, `${path(layer)}.mlp.dense_h_to_4h`, read);
  const active = activate(config.activation, inner);
  const mlp = project(weights, `${path(layer)}.mlp.dense_4h_to_h`, active);
  return { ...attended, x: tf.add(x, mlp) };
}

/** GPT-NeoX (arXiv 2204.06745) and Pythia (2304.01373). */
export const gptNeoX: Family<GptNeoXConfig> = {
  architectures: ['GPTNeoXForCausalLM'],
  bodyPrefix: BODY,
  loraTargets: ['query_key_value'],
  tensorName: (name) => name.replace(/^lm_head\./, `${HEAD}.`),
  parseConfig: parseGptNeoXConfig,
  tensorShapes,
  stages: (_config, layer) => [
    [`${path(layer)}.attention.query_key_value`],
    [`${path(layer)}.attention.dense`],
    [`${path(layer)}.mlp.dense_h_to_4h`],
    [`${path(layer)}.mlp.dense_4h_to_h`],
  ],
  embed: (_config, weights, ids) => tf.gather(weights.tensor(EMBEDDING), ids),
  block,
  head(config, weights, x) {
    const normed = norm(config, weights, `${BODY}final_layer_norm`, x);
    return config.tiedHead ? tiedHead(weights, EMBEDDING, normed) : weights.linear(HEAD, normed);
  },
};

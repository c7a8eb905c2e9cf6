import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../activations.ts';
import { attend, mergeHeads, splitHeads } from '../attention.ts';
import type { BlockInput, BlockOutput, Family } from '../family.ts';
import { learnedPositions, project, tiedHead } from '../linear.ts';
import { layerNorm } from '../norm.ts';
import { addAffine, type Shapes } from '../shapes.ts';
import type { Weights } from '../weights.ts';
import { type OptConfig, parseOptConfig } from './config.ts';

const DECODER = 'model.decoder';
const EMBEDDING = `${DECODER}.embed_tokens.weight`;
const POSITIONS = `${DECODER}.embed_positions.weight`;
const HEAD = 'lm_head';
/** Rows of the position table in front of position 0. */
const POSITION_OFFSET = 2;
const EPSILON = 1e-5;

const path = (layer: number): string => `${DECODER}.layers.${layer}`;

function tensorShapes(config: OptConfig): Shapes {
  const { hiddenSize: d, embeddingSize: e, intermediateSize: inner, bias, affineNorms } = config;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string) => {
    if (affineNorms) addAffine(shapes, name, [d], true);
  };
  shapes.set(EMBEDDING, [config.vocabularySize, e]);
  shapes.set(POSITIONS, [config.maxPositions + POSITION_OFFSET, d]);
  if (e !== d) {
    addAffine(shapes, `${DECODER}.project_in`, [d, e], false);
    addAffine(shapes, `${DECODER}.project_out`, [e, d], false);
  }
  for (let layer = 0; layer < config.layers; layer++) {
    for (const name of ['k_proj', 'v_proj', 'q_proj', 'out_proj'])
      addAffine(shapes, `${path(layer)}.self_attn.${name}`, [d, d], bias);
    norm(`${path(layer)}.self_attn_layer_norm`);
    addAffine(shapes, `${path(layer)}.fc1`, [inner, d], bias);
    addAffine(shapes, `${path(layer)}.fc2`, [d, inner], bias);
    norm(`${path(layer)}.final_layer_norm`);
  }
  if (config.finalNorm) norm(`${DECODER}.final_layer_norm`);
  if (!config.tiedHead) addAffine(shapes, HEAD, [config.vocabularySize, e], false);
  return shapes;
}

function norm({ affineNorms }: OptConfig, weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  if (!affineNorms) return layerNorm(x, EPSILON);
  return layerNorm(x, EPSILON, weights.tensor(`${name}.weight`), weights.tensor(`${name}.bias`));
}

function selfAttention(config: OptConfig, weights: Weights, layer: number, input: BlockInput) {
  const module = `${path(layer)}.self_attn`;
  const heads = (name: string) =>
    splitHeads(project(weights, `${module}.${name}`, input.x), config.heads);
  const [query, key, value] = [heads('q_proj'), heads('k_proj'), heads('v_proj')];
  const scale = 1 / Math.sqrt(config.headDim);
  const { mask, past } = input;
  const { output, attention } = attend({ query, key, value, mask, scale, past });
  const x = project(weights, `${module}.out_proj`, mergeHeads(output));
  return { x, key, value, attention };
}

function block(config: OptConfig, weights: Weights, layer: number, input: BlockInput): BlockOutput {
  const normed = (name: string, x: tf.Tensor) => norm(config, weights, `${path(layer)}.${name}`, x);
  const before = (name: string, x: tf.Tensor) => (config.normBefore ? normed(name, x) : x);
  const behind = (name: string, x: tf.Tensor) => (config.normBefore ? x : normed(name, x));
  const x0 = before('self_attn_layer_norm', input.x);
  const attended = selfAttention(config, weights, layer, { ...input, x: x0 });
  const x = behind('self_attn_layer_norm', tf.add(input.x, attended.x));
  const inner = project(weights, `${path(layer)}.fc1`, before('final_layer_norm', x));
  const mlp = project(weights, `${path(layer)}.fc2`, activate(config.activation, inner));
  return { ...attended, x: behind('final_layer_norm', tf.add(x, mlp)) };
}

/** OPT (arXiv 2205.01068), 125m to 66b. */
export const opt: Family<OptConfig> = {
  architectures: ['OPTForCausalLM'],
  bodyPrefix: 'model.',
  loraTargets: ['q_proj', 'v_proj'],
  parseConfig: parseOptConfig,
  tensorShapes,
  stages(_config, layer) {
    const attention = (name: string) => `${path(layer)}.self_attn.${name}`;
    return [
      [attention('k_proj'), attention('v_proj'), attention('q_proj')],
      [attention('out_proj')],
      [`${path(layer)}.fc1`],
      [`${path(layer)}.fc2`],
    ];
  },
  embed: (_config, weights, ids) => tf.gather(weights.tensor(EMBEDDING), ids),
  enter(config, weights, x, positions) {
    const wide =
      config.embeddingSize === config.hiddenSize ? x : project(weights, `${DECODER}.project_in`, x);
    return tf.add(wide, learnedPositions(weights, POSITIONS, positions, config, POSITION_OFFSET));
  },
  block,
  head(config, weights, x) {
    const normed = config.finalNorm ? norm(config, weights, `${DECODER}.final_layer_norm`, x) : x;
    const narrow =
      config.embeddingSize === config.hiddenSize
        ? normed
        : weights.linear(`${DECODER}.project_out`, normed);
    return config.tiedHead ? tiedHead(weights, EMBEDDING, narrow) : weights.linear(HEAD, narrow);
  },
};

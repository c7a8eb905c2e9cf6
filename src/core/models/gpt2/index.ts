import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../activations.ts';
import { attend, mergeHeads, splitHeads } from '../attention.ts';
import type { BlockInput, BlockOutput, Family } from '../family.ts';
import { learnedPositions, project, tiedHead } from '../linear.ts';
import { layerNorm } from '../norm.ts';
import { addAffine, type Shapes } from '../shapes.ts';
import type { Weights } from '../weights.ts';
import { type Gpt2Config, parseGpt2Config } from './config.ts';

const BODY = 'transformer.';
const EMBEDDING = `${BODY}wte.weight`;
const POSITIONS = `${BODY}wpe.weight`;
const HEAD = 'lm_head';

const path = (layer: number): string => `${BODY}h.${layer}`;

function tensorShapes(config: Gpt2Config): Shapes {
  const { hiddenSize: d, intermediateSize: inner } = config;
  const shapes = new Map<string, readonly number[]>();
  shapes.set(EMBEDDING, [config.vocabularySize, d]);
  shapes.set(POSITIONS, [config.maxPositions, d]);
  for (let layer = 0; layer < config.layers; layer++) {
    addAffine(shapes, `${path(layer)}.ln_1`, [d], true);
    addAffine(shapes, `${path(layer)}.attn.c_attn`, [3 * d, d], true);
    addAffine(shapes, `${path(layer)}.attn.c_proj`, [d, d], true);
    addAffine(shapes, `${path(layer)}.ln_2`, [d], true);
    addAffine(shapes, `${path(layer)}.mlp.c_fc`, [inner, d], true);
    addAffine(shapes, `${path(layer)}.mlp.c_proj`, [d, inner], true);
  }
  addAffine(shapes, `${BODY}ln_f`, [d], true);
  if (!config.tiedHead) addAffine(shapes, HEAD, [config.vocabularySize, d], false);
  return shapes;
}

const norm = ({ normEpsilon }: Gpt2Config, weights: Weights, name: string, x: tf.Tensor) =>
  layerNorm(x, normEpsilon, weights.tensor(`${name}.weight`), weights.tensor(`${name}.bias`));

function selfAttention(config: Gpt2Config, weights: Weights, layer: number, input: BlockInput) {
  const module = `${path(layer)}.attn`;
  const parts = tf.split(project(weights, `${module}.c_attn`, input.x), 3, 2);
  const [query, key, value] = parts.map((part) => splitHeads(part, config.heads)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const byHead = config.scaleScores ? 1 / Math.sqrt(config.headDim) : 1;
  const scale = config.scaleByLayer ? byHead / (layer + 1) : byHead;
  const { mask, past } = input;
  const { output, attention } = attend({ query, key, value, mask, scale, past });
  const x = project(weights, `${module}.c_proj`, mergeHeads(output));
  return { x, key, value, attention };
}

function block(
  config: Gpt2Config,
  weights: Weights,
  layer: number,
  input: BlockInput,
): BlockOutput {
  const normed = (name: string, x: tf.Tensor) => norm(config, weights, `${path(layer)}.${name}`, x);
  const attended = selfAttention(config, weights, layer, { ...input, x: normed('ln_1', input.x) });
  const x = tf.add(input.x, attended.x);
  const inner = project(weights, `${path(layer)}.mlp.c_fc`, normed('ln_2', x));
  const mlp = project(weights, `${path(layer)}.mlp.c_proj`, activate(config.activation, inner));
  return { ...attended, x: tf.add(x, mlp) };
}

/** GPT-2: learned positions, q, k and v in one Conv1D. */
export const gpt2: Family<Gpt2Config> = {
  architectures: ['GPT2LMHeadModel'],
  bodyPrefix: BODY,
  loraTargets: ['c_attn'],
  transposedLinears: true,
  parseConfig: parseGpt2Config,
  tensorShapes,
  stages: (_config, layer) => [
    [`${path(layer)}.attn.c_attn`],
    [`${path(layer)}.attn.c_proj`],
    [`${path(layer)}.mlp.c_fc`],
    [`${path(layer)}.mlp.c_proj`],
  ],
  embed: (_config, weights, ids) => tf.gather(weights.tensor(EMBEDDING), ids),
  enter: (config, weights, x, positions) =>
    tf.add(x, learnedPositions(weights, POSITIONS, positions, config)),
  block,
  head(config, weights, x) {
    const normed = norm(config, weights, `${BODY}ln_f`, x);
    return config.tiedHead ? tiedHead(weights, EMBEDDING, normed) : weights.linear(HEAD, normed);
  },
};

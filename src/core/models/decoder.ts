import * as tf from '@tensorflow/tfjs-core';
import type { JsonObject } from '../checkpoint/json.ts';
import { activate } from './activations.ts';
import { attend, mergeHeads, splitHeads, squeeze, windowMask } from './attention.ts';
import type { DecoderConfig } from './decoder-config.ts';
import type { BlockInput, BlockOutput, Family } from './family.ts';
import { project, tiedHead } from './linear.ts';
import { rmsNorm } from './norm.ts';
import { rotation, settled } from './rope.ts';
import { addAffine, type Shapes } from './shapes.ts';
import type { Weights } from './weights.ts';

/** What a family fixes for all its models; each is off by default. */
interface Traits {
  readonly architecture: string;
  /** Architectures that hold this one as a part. */
  readonly within?: readonly string[];
  /** q, k, v in one linear layer, gate and up in another (Phi-3). */
  readonly fused?: boolean;
  /** Queries and keys are normed per head before they are turned. */
  readonly queryKeyNorm?: boolean;
  /** A norm behind attention and MLP too (Gemma). */
  readonly sandwichNorms?: boolean;
  /** Norms multiply by 1 + weight (Gemma). */
  readonly onePlusNorms?: boolean;
  parseConfig(json: JsonObject, file: string): Omit<DecoderConfig, 'architecture'>;
}

type Extras = Pick<Family, 'textConfig' | 'tensorName'>;

const EMBEDDING = 'model.embed_tokens.weight';
const FINAL_NORM = 'model.norm';
const HEAD = 'lm_head';

const blockPath = (layer: number): string => `model.layers.${layer}`;

const normNames = ({ sandwichNorms }: Traits): readonly string[] => [
  'input_layernorm',
  'post_attention_layernorm',
  ...(sandwichNorms ? ['pre_feedforward_layernorm', 'post_feedforward_layernorm'] : []),
];

/** Linear layers of a block by stage: name, sizes and whether there is a bias. */
function linears({ fused }: Traits, config: DecoderConfig) {
  const { hiddenSize: d, intermediateSize: inner, bias } = config;
  const queries = config.heads * config.headDim;
  const keys = config.keyValueHeads * config.headDim;
  const linear = (name: string, out: number, width: number, hasBias: boolean) => ({
    name,
    shape: [out, width] as const,
    hasBias,
  });
  const inputs = fused
    ? [linear('self_attn.qkv_proj', queries + 2 * keys, d, bias.qkv)]
    : [
        linear('self_attn.q_proj', queries, d, bias.qkv),
        linear('self_attn.k_proj', keys, d, bias.qkv),
        linear('self_attn.v_proj', keys, d, bias.qkv),
      ];
  const gates = fused
    ? [linear('mlp.gate_up_proj', 2 * inner, d, bias.mlp)]
    : [linear('mlp.gate_proj', inner, d, bias.mlp), linear('mlp.up_proj', inner, d, bias.mlp)];
  return [
    inputs,
    [linear('self_attn.o_proj', d, queries, bias.output)],
    gates,
    [linear('mlp.down_proj', d, inner, bias.mlp)],
  ];
}

function tensorShapes(traits: Traits, config: DecoderConfig): Shapes {
  const shapes = new Map<string, readonly number[]>();
  shapes.set(EMBEDDING, [config.vocabularySize, config.hiddenSize]);
  for (let layer = 0; layer < config.layers; layer++) {
    const path = blockPath(layer);
    for (const norm of normNames(traits)) shapes.set(`${path}.${norm}.weight`, [config.hiddenSize]);
    if (traits.queryKeyNorm)
      for (const norm of ['q_norm', 'k_norm'])
        shapes.set(`${path}.self_attn.${norm}.weight`, [config.headDim]);
    for (const { name, shape, hasBias } of linears(traits, config).flat())
      addAffine(shapes, `${path}.${name}`, shape, hasBias);
  }
  shapes.set(`${FINAL_NORM}.weight`, [config.hiddenSize]);
  if (!config.tiedHead) shapes.set(`${HEAD}.weight`, [config.vocabularySize, config.hiddenSize]);
  return shapes;
}

function norm(traits: Traits, config: DecoderConfig, weights: Weights, name: string, x: tf.Tensor) {
  const weight = weights.tensor(`${name}.weight`);
  return rmsNorm(x, traits.onePlusNorms ? tf.add(weight, 1) : weight, config.normEpsilon);
}

/** Queries, keys and values [batch, heads, length, head dim], not yet turned. */
function inputsOf(
  traits: Traits,
  { heads, keyValueHeads, headDim }: DecoderConfig,
  weights: Weights,
  module: string,
  x: tf.Tensor,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const widths = [heads, keyValueHeads, keyValueHeads].map((count) => count * headDim);
  const [query, key, value] = traits.fused
    ? tf.split(project(weights, `${module}.qkv_proj`, x), widths, 2)
    : ['q_proj', 'k_proj', 'v_proj'].map((name) => project(weights, `${module}.${name}`, x));
  return [
    splitHeads(query!, heads),
    splitHeads(key!, keyValueHeads),
    splitHeads(value!, keyValueHeads),
  ];
}

function selfAttention(
  traits: Traits,
  config: DecoderConfig,
  weights: Weights,
  layer: number,
  input: BlockInput,
) {
  const module = `${blockPath(layer)}.self_attn`;
  const { rope, window } = config.attention[layer]!;
  const turn = rope ? rotation(rope, input) : (x: tf.Tensor) => x;
  const normed = (name: string, x: tf.Tensor) =>
    traits.queryKeyNorm ? norm(traits, config, weights, `${module}.${name}`, x) : x;
  const [query, key, value] = inputsOf(traits, config, weights, module, input.x);
  const turned = turn(normed('k_norm', key));
  const { output, attention } = attend({
    query: turn(normed('q_norm', query)),
    key: turned,
    value,
    mask: windowMask(input, window),
    scale: config.attentionScale,
    softcap: config.attentionSoftcap,
    past: input.past,
  });
  const x = project(weights, `${module}.o_proj`, mergeHeads(output));
  return { x, key: turned, value, attention };
}

function feedForward(
  { fused }: Traits,
  config: DecoderConfig,
  weights: Weights,
  layer: number,
  x: tf.Tensor,
): tf.Tensor {
  const module = `${blockPath(layer)}.mlp`;
  const [gate, up] = fused
    ? tf.split(project(weights, `${module}.gate_up_proj`, x), 2, 2)
    : ['gate_proj', 'up_proj'].map((name) => project(weights, `${module}.${name}`, x));
  const hidden = tf.mul(activate(config.activation, gate!), up!);
  return project(weights, `${module}.down_proj`, hidden);
}

function block(
  traits: Traits,
  config: DecoderConfig,
  weights: Weights,
  layer: number,
  input: BlockInput,
): BlockOutput {
  const normed = (name: string, x: tf.Tensor) =>
    norm(traits, config, weights, `${blockPath(layer)}.${name}`, x);
  const behind = (name: string, x: tf.Tensor) => (traits.sandwichNorms ? normed(name, x) : x);
  const beforeMlp = traits.sandwichNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
  const x0 = normed('input_layernorm', input.x);
  const attended = selfAttention(traits, config, weights, layer, { ...input, x: x0 });
  const x = tf.add(input.x, behind('post_attention_layernorm', attended.x));
  const mlp = feedForward(traits, config, weights, layer, normed(beforeMlp, x));
  return { ...attended, x: tf.add(x, behind('post_feedforward_layernorm', mlp)) };
}

function embed({ embeddingScale }: DecoderConfig, weights: Weights, ids: tf.Tensor): tf.Tensor {
  const rows = tf.gather(weights.tensor(EMBEDDING), ids);
  return embeddingScale === undefined ? rows : tf.mul(rows, embeddingScale);
}

function head(traits: Traits, config: DecoderConfig, weights: Weights, x: tf.Tensor): tf.Tensor {
  const normed = norm(traits, config, weights, FINAL_NORM, x);
  const logits = config.tiedHead
    ? tiedHead(weights, EMBEDDING, normed)
    : weights.linear(HEAD, normed);
  return config.logitSoftcap === undefined ? logits : squeeze(logits, config.logitSoftcap);
}

function forLength(config: DecoderConfig, positions: number): DecoderConfig {
  if (config.rotaryChange === undefined) return config;
  const attention = config.attention.map(({ rope, ...layer }) =>
    rope ? { ...layer, rope: settled(rope, positions) } : layer,
  );
  return { ...config, attention };
}

/**
 * A family of the LLaMA kind: RMS norms before attention and a gated MLP, rotary positions, grouped
 * key/value heads.
 */
export function decoderFamily(traits: Traits, extras: Extras = {}): Family<DecoderConfig> {
  const { architecture } = traits;
  return {
    architectures: [architecture, ...(traits.within ?? [])],
    bodyPrefix: 'model.',
    loraTargets: traits.fused ? ['qkv_proj'] : ['q_proj', 'v_proj'],
    ...extras,
    parseConfig(json, file) {
      const config = { architecture, ...traits.parseConfig(json, file) };
      const long = config.attention.find(({ rope }) => rope?.long)?.rope?.long;
      return long ? { ...config, rotaryChange: long.after } : config;
    },
    forLength,
    tensorShapes: (config) => tensorShapes(traits, config),
    stages: (config, layer) =>
      linears(traits, config).map((stage) =>
        stage.map(({ name }) => `${blockPath(layer)}.${name}`),
      ),
    embed,
    block: (config, weights, layer, input) => block(traits, config, weights, layer, input),
    head: (config, weights, x) => head(traits, config, weights, x),
  };
}

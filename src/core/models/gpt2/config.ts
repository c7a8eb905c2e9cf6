import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import type { Activation } from '../activations.ts';
import { activation, bounds, epsilon, readFields, sharedHeadDim } from '../config-schema.ts';
import type { ModelConfig } from '../family.ts';

export interface Gpt2Config extends ModelConfig {
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly normEpsilon: number;
  readonly tiedHead: boolean;
  /** Scores are divided by the root of the head's size, and by the layer's number. */
  readonly scaleScores: boolean;
  readonly scaleByLayer: boolean;
}

const schema = z.object({
  vocab_size: bounds.vocabulary,
  n_positions: bounds.positions.default(1_024),
  n_embd: bounds.width,
  n_layer: bounds.layers,
  n_head: bounds.heads,
  n_inner: bounds.innerWidth.nullish(),
  activation_function: activation.default('gelu_new'),
  layer_norm_epsilon: epsilon.default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.literal(false, { error: 'is not supported' }).default(false),
  tie_word_embeddings: z.boolean().default(true),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseGpt2Config(json: JsonObject, file: string): Gpt2Config {
  const fields = readFields(schema, json, file);
  const { n_embd: hiddenSize, n_head: heads } = fields;
  return {
    architecture: 'GPT2LMHeadModel',
    vocabularySize: fields.vocab_size,
    embeddingSize: hiddenSize,
    hiddenSize,
    intermediateSize: fields.n_inner ?? 4 * hiddenSize,
    layers: fields.n_layer,
    heads,
    keyValueHeads: heads,
    headDim: sharedHeadDim(hiddenSize, heads, 'n_head', file),
    maxPositions: fields.n_positions,
    activation: fields.activation_function,
    normEpsilon: fields.layer_norm_epsilon,
    tiedHead: fields.tie_word_embeddings,
    scaleScores: fields.scale_attn_weights,
    scaleByLayer: fields.scale_attn_by_inverse_layer_idx,
  };
}

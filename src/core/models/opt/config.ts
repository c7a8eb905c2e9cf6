import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import type { Activation } from '../activations.ts';
import { activation, bounds, commonFields, readFields, sharedHeadDim } from '../config-schema.ts';
import type { ModelConfig } from '../family.ts';

export interface OptConfig extends ModelConfig {
  readonly intermediateSize: number;
  readonly activation: Activation;
  /** Norms stand before attention and MLP; in OPT-350m behind their residual sums. */
  readonly normBefore: boolean;
  /** Whether a norm follows the last block. */
  readonly finalNorm: boolean;
  /** Whether linear layers have biases, and norms weights and biases. */
  readonly bias: boolean;
  readonly affineNorms: boolean;
  readonly tiedHead: boolean;
}

const schema = z.object({
  ...commonFields,
  ffn_dim: bounds.innerWidth,
  max_position_embeddings: bounds.positions.default(2_048),
  word_embed_proj_dim: bounds.width.nullish(),
  activation_function: activation.default('relu'),
  do_layer_norm_before: z.boolean().default(true),
  _remove_final_layer_norm: z.boolean().default(false),
  enable_bias: z.boolean().default(true),
  layer_norm_elementwise_affine: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseOptConfig(json: JsonObject, file: string): OptConfig {
  const fields = readFields(schema, json, file);
  const heads = fields.num_attention_heads;
  const hiddenSize = fields.hidden_size;
  return {
    architecture: 'OPTForCausalLM',
    vocabularySize: fields.vocab_size,
    embeddingSize: fields.word_embed_proj_dim ?? hiddenSize,
    hiddenSize,
    intermediateSize: fields.ffn_dim,
    layers: fields.num_hidden_layers,
    heads,
    keyValueHeads: heads,
    headDim: sharedHeadDim(hiddenSize, heads, 'num_attention_heads', file),
    maxPositions: fields.max_position_embeddings,
    activation: fields.activation_function,
    normBefore: fields.do_layer_norm_before,
    finalNorm: fields.do_layer_norm_before && !fields._remove_final_layer_norm,
    bias: fields.enable_bias,
    affineNorms: fields.layer_norm_elementwise_affine,
    tiedHead: fields.tie_word_embeddings,
  };
}

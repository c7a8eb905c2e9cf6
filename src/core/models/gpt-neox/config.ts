import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import type { Activation } from '../activations.ts';
import {
  activation,
  bounds,
  commonFields,
  epsilon,
  readFields,
  sharedHeadDim,
} from '../config-schema.ts';
import type { ModelConfig } from '../family.ts';
import { parseRope, type Rope } from '../rope.ts';

export interface GptNeoXConfig extends ModelConfig {
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly normEpsilon: number;
  /** Attention and MLP read the same input. */
  readonly parallel: boolean;
  readonly attentionBias: boolean;
  readonly tiedHead: boolean;
  readonly rope: Rope;
}

const schema = z.object({
  ...commonFields,
  intermediate_size: bounds.innerWidth,
  max_position_embeddings: bounds.positions.default(2_048),
  hidden_act: activation.default('gelu'),
  layer_norm_eps: epsilon.default(1e-5),
  rotary_pct: z.number().positive().max(1).default(0.25),
  rotary_emb_base: z.number().min(1).max(1e12).default(10_000),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(false),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseGptNeoXConfig(json: JsonObject, file: string): GptNeoXConfig {
  const fields = readFields(schema, json, file);
  const { hidden_size: hiddenSize, num_attention_heads: heads } = fields;
  const headDim = sharedHeadDim(hiddenSize, heads, 'num_attention_heads', file);
  const maxPositions = fields.max_position_embeddings;
  return {
    architecture: 'GPTNeoXForCausalLM',
    vocabularySize: fields.vocab_size,
    embeddingSize: hiddenSize,
    hiddenSize,
    intermediateSize: fields.intermediate_size,
    layers: fields.num_hidden_layers,
    heads,
    keyValueHeads: heads,
    headDim,
    maxPositions,
    activation: fields.hidden_act,
    normEpsilon: fields.layer_norm_eps,
    parallel: fields.use_parallel_residual,
    attentionBias: fields.attention_bias,
    tiedHead: fields.tie_word_embeddings,
    rope: parseRope(json, file, {
      headDim,
      maxPositions,
      theta: fields.rotary_emb_base,
      partial: fields.rotary_pct,
    }),
  };
}

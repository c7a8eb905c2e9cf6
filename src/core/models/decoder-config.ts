import { z } from 'zod';
import type { JsonObject } from '../checkpoint/json.ts';
import type { Activation } from './activations.ts';
import {
  activation,
  bounds,
  commonFields,
  epsilon,
  invalidConfig,
  readFields,
  sharedHeadDim,
} from './config-schema.ts';
import type { ModelConfig } from './family.ts';
import { parseRope, type Rope } from './rope.ts';

/** What the descendants of LLaMA differ in; decoder.ts runs it. */
export interface DecoderConfig extends ModelConfig {
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly normEpsilon: number;
  readonly tiedHead: boolean;
  /** Which linear layers have one. */
  readonly bias: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean };
  /** Factor of the attention scores. */
  readonly attentionScale: number;
  readonly attentionSoftcap?: number | undefined;
  readonly logitSoftcap?: number | undefined;
  /** Factor of the token embeddings, not of soft prompts. */
  readonly embeddingScale?: number;
  /** By layer. */
  readonly attention: readonly LayerAttention[];
}

interface LayerAttention {
  /** Absent where positions are not told (NoPE). */
  readonly rope?: Rope | undefined;
  /** Keys that a query sees, itself included; absent where it sees all. */
  readonly window?: number | undefined;
}

/** Fields of config.json that these families share, with transformers' defaults. */
export const decoderFields = {
  ...commonFields,
  intermediate_size: bounds.innerWidth,
  num_key_value_heads: bounds.heads.nullish(),
  head_dim: bounds.headDim.nullish(),
  max_position_embeddings: bounds.positions.default(2_048),
  rms_norm_eps: epsilon.default(1e-6),
  hidden_act: activation.default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  sliding_window: bounds.positions.nullish(),
  layer_types: z
    .array(z.enum(['full_attention', 'sliding_attention']))
    .max(1_024)
    .nullish(),
} as const;

const decoderSchema = z.object(decoderFields);

type DecoderJson = z.output<typeof decoderSchema>;

/** The part of DecoderConfig that these families read alike: one rotary embedding, no window. */
export function readDecoder<J extends DecoderJson>(
  schema: z.ZodType<J>,
  json: JsonObject,
  file: string,
): { readonly fields: J; readonly config: Omit<DecoderConfig, 'architecture' | 'attention'> } {
  const fields = readFields(schema, json, file);
  const heads = fields.num_attention_heads;
  const keyValueHeads = fields.num_key_value_heads ?? heads;
  if (heads % keyValueHeads !== 0)
    throw invalidConfig(file, 'num_key_value_heads', 'does not divide num_attention_heads');
  const headDim =
    fields.head_dim ?? sharedHeadDim(fields.hidden_size, heads, 'num_attention_heads', file);
  const config = {
    vocabularySize: fields.vocab_size,
    embeddingSize: fields.hidden_size,
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    layers: fields.num_hidden_layers,
    heads,
    keyValueHeads,
    headDim,
    maxPositions: fields.max_position_embeddings,
    activation: fields.hidden_act,
    normEpsilon: fields.rms_norm_eps,
    tiedHead: fields.tie_word_embeddings,
    bias: { qkv: false, output: false, mlp: false },
    attentionScale: 1 / Math.sqrt(headDim),
  };
  return { fields, config };
}

/** The rotary embedding of all layers. @throws KintsugiError CONFIG_INVALID */
export const commonRope = (
  { headDim, maxPositions }: Pick<ModelConfig, 'headDim' | 'maxPositions'>,
  json: JsonObject,
  file: string,
  theta = 10_000,
): Rope => parseRope(json, file, { headDim, maxPositions, theta });

/** The same attention in every layer. */
export const everyLayer = (layers: number, attention: LayerAttention): LayerAttention[] =>
  Array.from({ length: layers }, () => attention);

/**
 * Whether each layer's window slides: as `layer_types` says, or by the family's rule.
 * @throws KintsugiError CONFIG_INVALID
 */
export function slidingLayers(
  { layer_types: types, num_hidden_layers: layers, sliding_window: window }: DecoderJson,
  rule: (layer: number) => boolean,
  file: string,
): boolean[] {
  if (types && types.length !== layers)
    throw invalidConfig(file, 'layer_types', `names ${types.length} of ${layers} layers`);
  const sliding = Array.from({ length: layers }, (_, layer) =>
    types ? types[layer] === 'sliding_attention' : rule(layer),
  );
  if (sliding.includes(true) && !window)
    throw invalidConfig(file, 'sliding_window', 'is missing, and layers have one');
  return sliding;
}

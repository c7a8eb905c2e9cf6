import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import { activation, bounds } from '../config-schema.ts';
import {
  commonRope,
  type DecoderConfig,
  decoderFields,
  readDecoder,
  slidingLayers,
} from '../decoder-config.ts';

const cap = z.number().positive().max(1e6);

/** Gemma 3 has these fields too. */
export const gemmaFields = {
  ...decoderFields,
  head_dim: bounds.headDim.default(256),
  hidden_activation: activation.nullish().default('gelu_pytorch_tanh'),
  max_position_embeddings: bounds.positions.default(8_192),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  query_pre_attn_scalar: z.number().positive().max(1e6).default(256),
  sliding_window: bounds.positions.nullish().default(4_096),
  final_logit_softcapping: cap.nullish(),
  use_bidirectional_attention: z
    .union([z.literal(false), z.null()], {
      error: 'is not supported: prompts need causal attention',
    })
    .optional(),
};

const schema = z.object({
  ...gemmaFields,
  attn_logit_softcapping: cap.nullish().default(50),
  final_logit_softcapping: cap.nullish().default(30),
});

type GemmaJson = z.output<z.ZodObject<typeof gemmaFields>>;

/** What Gemma 2 and 3 share beyond the other decoders. */
export const gemmaTraits = ({ hidden_activation, ...fields }: GemmaJson, hiddenSize: number) => ({
  activation: hidden_activation ?? ('gelu_pytorch_tanh' as const),
  attentionScale: 1 / Math.sqrt(fields.query_pre_attn_scalar),
  bias: { qkv: fields.attention_bias, output: fields.attention_bias, mlp: false },
  logitSoftcap: fields.final_logit_softcapping ?? undefined,
  embeddingScale: Math.sqrt(hiddenSize),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseGemma2Config(
  json: JsonObject,
  file: string,
): Omit<DecoderConfig, 'architecture'> {
  const { fields, config } = readDecoder(schema, json, file);
  const rope = commonRope(config, json, file);
  const sliding = slidingLayers(fields, (layer) => layer % 2 === 0, file);
  const window = fields.sliding_window ?? undefined;
  return {
    ...config,
    ...gemmaTraits(fields, config.hiddenSize),
    attentionSoftcap: fields.attn_logit_softcapping ?? undefined,
    attention: sliding.map((slides) => ({ rope, window: slides ? window : undefined })),
  };
}

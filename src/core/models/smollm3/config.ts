import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import { bounds, invalidConfig } from '../config-schema.ts';
import {
  commonRope,
  type DecoderConfig,
  decoderFields,
  readDecoder,
  slidingLayers,
} from '../decoder-config.ts';

const schema = z.object({
  ...decoderFields,
  num_key_value_heads: bounds.heads.nullish().default(4),
  max_position_embeddings: bounds.positions.default(32_768),
  tie_word_embeddings: z.boolean().default(true),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  use_sliding_window: z.boolean().default(false),
  /** 1 where a layer turns, 0 where it is not told positions. */
  no_rope_layers: z.array(z.number().int().min(0).max(1)).max(1_024).nullish(),
  no_rope_layer_interval: bounds.layers.default(4),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseSmolLm3Config(
  json: JsonObject,
  file: string,
): Omit<DecoderConfig, 'architecture'> {
  const { fields, config } = readDecoder(schema, json, file);
  const { attention_bias: qkv, mlp_bias: mlp, no_rope_layers: listed } = fields;
  if (listed && listed.length < config.layers)
    throw invalidConfig(
      file,
      'no_rope_layers',
      `names ${listed.length} of ${config.layers} layers`,
    );
  const turns = (layer: number) =>
    listed ? listed[layer] === 1 : (layer + 1) % fields.no_rope_layer_interval !== 0;
  const windowed = fields.use_sliding_window && fields.sliding_window != null;
  const rope = commonRope(config, json, file, 2_000_000);
  const sliding = slidingLayers(fields, (layer) => windowed && !turns(layer), file);
  return {
    ...config,
    bias: { qkv, output: qkv, mlp },
    attention: sliding.map((slides, layer) => ({
      rope: turns(layer) ? rope : undefined,
      window: windowed && slides ? (fields.sliding_window ?? undefined) : undefined,
    })),
  };
}

import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import { bounds } from '../config-schema.ts';
import { type DecoderConfig, readDecoder, slidingLayers } from '../decoder-config.ts';
import { gemmaFields, gemmaTraits } from '../gemma2/config.ts';
import { parseRope } from '../rope.ts';

const GLOBAL_THETA = 1_000_000;
const LOCAL_THETA = 10_000;

/** Configurations of the larger models leave out what transformers has as defaults. */
const schema = z.object({
  ...gemmaFields,
  vocab_size: bounds.vocabulary.default(262_208),
  num_attention_heads: bounds.heads.default(8),
  num_key_value_heads: bounds.heads.nullish().default(4),
  max_position_embeddings: bounds.positions.default(131_072),
  sliding_window_pattern: bounds.layers.default(6),
  rope_local_base_freq: z.number().min(1).max(1e12).default(LOCAL_THETA),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseGemma3Config(
  json: JsonObject,
  file: string,
): Omit<DecoderConfig, 'architecture'> {
  const { fields, config } = readDecoder(schema, json, file);
  const { headDim, maxPositions } = config;
  const rope = {
    global: parseRope(json, file, {
      headDim,
      maxPositions,
      theta: GLOBAL_THETA,
      layerType: 'full_attention',
    }),
    // `rope_theta` and `rope_scaling` are of the layers that see all.
    local: parseRope(
      { rope_parameters: json['rope_parameters'], rope_theta: fields.rope_local_base_freq },
      file,
      { headDim, maxPositions, theta: LOCAL_THETA, layerType: 'sliding_attention' },
    ),
  };
  const rule = (layer: number) => (layer + 1) % fields.sliding_window_pattern !== 0;
  const window = fields.sliding_window ?? undefined;
  return {
    ...config,
    ...gemmaTraits(fields, config.hiddenSize),
    attention: slidingLayers(fields, rule, file).map((slides) =>
      slides ? { rope: rope.local, window } : { rope: rope.global },
    ),
  };
}

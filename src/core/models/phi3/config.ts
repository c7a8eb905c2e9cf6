import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import { bounds, epsilon } from '../config-schema.ts';
import {
  commonRope,
  type DecoderConfig,
  decoderFields,
  everyLayer,
  readDecoder,
} from '../decoder-config.ts';

const ORIGINAL_POSITIONS = 4_096;

const schema = z.object({
  ...decoderFields,
  rms_norm_eps: epsilon.default(1e-5),
  max_position_embeddings: bounds.positions.default(ORIGINAL_POSITIONS),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parsePhi3Config(
  json: JsonObject,
  file: string,
): Omit<DecoderConfig, 'architecture'> {
  const { fields, config } = readDecoder(schema, json, file);
  const withOriginal = { original_max_position_embeddings: ORIGINAL_POSITIONS, ...json };
  const rope = commonRope(config, withOriginal, file);
  const window = fields.sliding_window ?? undefined;
  return {
    ...config,
    attention: everyLayer(config.layers, { rope, window }),
  };
}

import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import { bounds } from '../config-schema.ts';
import {
  commonRope,
  type DecoderConfig,
  decoderFields,
  everyLayer,
  readDecoder,
} from '../decoder-config.ts';

const schema = z.object({
  ...decoderFields,
  sliding_window: bounds.positions.nullish().default(4_096),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseMistralConfig(
  json: JsonObject,
  file: string,
): Omit<DecoderConfig, 'architecture'> {
  const { fields, config } = readDecoder(schema, json, file);
  const rope = commonRope(config, json, file);
  const window = fields.sliding_window ?? undefined;
  return { ...config, attention: everyLayer(config.layers, { rope, window }) };
}

import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import {
  commonRope,
  type DecoderConfig,
  decoderFields,
  everyLayer,
  readDecoder,
} from '../decoder-config.ts';

const schema = z.object({
  ...decoderFields,
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseLlamaConfig(
  json: JsonObject,
  file: string,
): Omit<DecoderConfig, 'architecture'> {
  const { fields, config } = readDecoder(schema, json, file);
  const { attention_bias: qkv, mlp_bias: mlp } = fields;
  return {
    ...config,
    bias: { qkv, output: qkv, mlp },
    attention: everyLayer(config.layers, { rope: commonRope(config, json, file) }),
  };
}

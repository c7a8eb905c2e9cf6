import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import { bounds } from '../config-schema.ts';
import { type DecoderConfig, readDecoder } from '../decoder-config.ts';
import { qwenAttention, qwenFields } from '../qwen2/config.ts';

const schema = z.object({
  ...qwenFields,
  head_dim: bounds.headDim.default(128),
  attention_bias: z.boolean().default(false),
});

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseQwen3Config(
  json: JsonObject,
  file: string,
): Omit<DecoderConfig, 'architecture'> {
  const { fields, config } = readDecoder(schema, json, file);
  const { attention_bias: bias } = fields;
  return {
    ...config,
    bias: { qkv: bias, output: bias, mlp: false },
    attention: qwenAttention(fields, config, json, file),
  };
}

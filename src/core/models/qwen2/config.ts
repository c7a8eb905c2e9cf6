import { z } from 'zod';
import type { JsonObject } from '../../checkpoint/json.ts';
import {
  commonRope,
  type DecoderConfig,
  decoderFields,
  readDecoder,
  slidingLayers,
} from '../decoder-config.ts';

/** Qwen3 has these fields too. */
export const qwenFields = {
  ...decoderFields,
  use_sliding_window: z.boolean().default(false),
  /** Layers from this one on have the window. */
  max_window_layers: z.number().int().min(0).max(1_024).default(28),
};

const schema = z.object(qwenFields);

type QwenJson = z.output<typeof schema>;

/** Each layer's attention; `sliding_window` counts only where `use_sliding_window` says so. */
export function qwenAttention(
  fields: QwenJson,
  config: Pick<DecoderConfig, 'headDim' | 'maxPositions'>,
  json: JsonObject,
  file: string,
): DecoderConfig['attention'] {
  const rope = commonRope(config, json, file);
  const window = fields.use_sliding_window ? (fields.sliding_window ?? undefined) : undefined;
  const rule = (layer: number) => window !== undefined && layer >= fields.max_window_layers;
  return slidingLayers(fields, rule, file).map((slides) => ({
    rope,
    window: slides ? window : undefined,
  }));
}

/** @throws KintsugiError CONFIG_INVALID naming the field */
export function parseQwen2Config(
  json: JsonObject,
  file: string,
): Omit<DecoderConfig, 'architecture'> {
  const { fields, config } = readDecoder(schema, json, file);
  return {
    ...config,
    bias: { qkv: true, output: false, mlp: false },
    attention: qwenAttention(fields, config, json, file),
  };
}

import { z } from 'zod';
import { KintsugiError } from '../../shared/errors.ts';
import { ACTIVATIONS } from './activations.ts';

/** A size that a hostile file may claim. */
const size = (maximum: number) => z.number().int().min(1).max(maximum);

/** Bounds are far above any published model: they keep a hostile file from asking for the memory. */
export const bounds = {
  vocabulary: size(4_194_304),
  width: size(65_536),
  innerWidth: size(524_288),
  layers: size(1_024),
  heads: size(1_024),
  headDim: size(4_096),
  positions: size(16_777_216),
} as const;

export const epsilon = z.number().positive().max(1);
export const activation = z.enum(ACTIVATIONS);

/** What nearly every family calls alike in config.json. */
export const commonFields = {
  vocab_size: bounds.vocabulary,
  hidden_size: bounds.width,
  num_hidden_layers: bounds.layers,
  num_attention_heads: bounds.heads,
} as const;

export const invalidConfig = (file: string, field: string, message: string): KintsugiError =>
  new KintsugiError('CONFIG_INVALID', `config.json: ${field} ${message}`, {
    file,
    field,
    next: 'Use a config.json written by transformers for this checkpoint.',
  });

/**
 * Checks what config.json says, or a part of it called `at`.
 * @throws KintsugiError CONFIG_INVALID naming the field
 */
export function readFields<T>(schema: z.ZodType<T>, json: unknown, file: string, at = ''): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw invalidConfig(file, [...(at ? [at] : []), ...path].join('.'), message);
}

/** Size of a head where the heads share out the width. @throws KintsugiError CONFIG_INVALID */
export function sharedHeadDim(width: number, heads: number, field: string, file: string): number {
  if (width % heads !== 0)
    throw invalidConfig(file, field, `is ${heads}, which does not divide the width ${width}`);
  return width / heads;
}

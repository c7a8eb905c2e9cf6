import { z } from 'zod';
import { type Bits, type CompressionOptions, gridOf } from '../../shared/compression.ts';
import { KintsugiError } from '../../shared/errors.ts';

/**
 * What quantize_config.json and config.json's quantization_config say (METHODS.md B); undefined
 * where the weights are not quantised.
 */
export function quantizationConfig(
  options: CompressionOptions,
): Record<string, unknown> | undefined {
  const grid = gridOf(options);
  if (grid === null) return undefined;
  const ordered = options.method === 'gptq';
  return {
    quant_method: 'gptq',
    checkpoint_format: 'gptq_v2',
    bits: grid.bits,
    group_size: grid.groupSize,
    desc_act: ordered && options.actOrder,
    sym: grid.symmetric,
    lm_head: false,
    pack_dtype: 'int32',
    meta: {
      quantizer: ['kintsugi:0.1.0'],
      ...('damping' in options && { damp_percent: options.damping }),
      static_groups: ordered && options.staticGroups,
      true_sequential: true,
    },
  };
}

const schema = z.object({
  quant_method: z.literal('gptq'),
  checkpoint_format: z.literal('gptq_v2'),
  bits: z.union([z.literal(2), z.literal(3), z.literal(4), z.literal(8)]),
  group_size: z.union([z.literal(-1), z.number().int().positive().multipleOf(16)]),
  pack_dtype: z.literal('int32').default('int32'),
});

/** @throws KintsugiError QUANTIZATION_INVALID naming the field that we can't read. */
export function parseQuantizationConfig(
  raw: unknown,
  file: string,
): { readonly bits: Bits; readonly groupSize: number } {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { bits: parsed.data.bits, groupSize: parsed.data.group_size };
  const issue = parsed.error.issues[0]!;
  const field = ['quantization_config', ...issue.path].join('.');
  throw new KintsugiError('QUANTIZATION_INVALID', `${field}: ${issue.message}`, {
    file,
    field,
    next: 'Use a checkpoint in the gptq_v2 format, such as one that Kintsugi compressed.',
  });
}

import { z } from 'zod';
import { BITS, type Bits, type CompressionOptions, gridOf } from '../../shared/compression.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { JsonObject } from '../checkpoint/json.ts';

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

/** Whether qzeros hold z − 1 ("v1") or z itself ("v2"). */
export type ZeroFormat = 'v1' | 'v2';

/** How a GPTQ checkpoint stores its codes, as its configuration has it. */
export interface Quantization {
  readonly bits: Bits;
  readonly groupSize: number;
  readonly symmetric: boolean;
  readonly actOrder: boolean;
  readonly zeros: ZeroFormat;
  /** Programs that wrote it, such as "gptqmodel:5.0.0". */
  readonly quantizers: readonly string[];
}

const quantizers = z.union([z.string(), z.array(z.string())]).transform((names) => [names].flat());

/** Defaults are AutoGPTQ's, whose older files leave much out. */
const schema = z.object({
  quant_method: z.literal('gptq').default('gptq'),
  checkpoint_format: z.enum(['gptq', 'gptq_v2']).default('gptq'),
  is_marlin_format: z.literal(false).optional(),
  bits: z.literal(BITS),
  group_size: z.union([z.literal(-1), z.int().positive().multipleOf(16)]).default(-1),
  sym: z.boolean().default(true),
  desc_act: z.boolean().default(false),
  pack_dtype: z.literal('int32').default('int32'),
  /** Bits or groups of their own for some modules; "-:…" only leaves modules alone. */
  dynamic: z
    .record(z.string().regex(/^-:/, 'settings of single modules cannot be read'), z.unknown())
    .nullish(),
  meta: z.object({ quantizer: quantizers.optional() }).nullish(),
});

/** @throws KintsugiError QUANTIZATION_INVALID naming the field that we can't read. */
export function parseQuantizationConfig(raw: JsonObject | undefined, file: string): Quantization {
  // GPTQModel calls the field "format" too.
  const format = raw?.['checkpoint_format'] ?? raw?.['format'];
  const parsed = schema.safeParse({ ...raw, checkpoint_format: format });
  if (parsed.success) {
    const { bits, group_size: groupSize, sym, desc_act: actOrder, meta } = parsed.data;
    const zeros = parsed.data.checkpoint_format === 'gptq_v2' ? 'v2' : 'v1';
    const writers = meta?.quantizer ?? [];
    return { bits, groupSize, symmetric: sym, actOrder, zeros, quantizers: writers };
  }
  const issue = parsed.error.issues[0]!;
  const field = ['quantization_config', ...issue.path].join('.');
  throw new KintsugiError('QUANTIZATION_INVALID', `${field}: ${issue.message}`, {
    file,
    field,
    next: 'Use a GPTQ checkpoint in the format "gptq" or "gptq_v2".',
  });
}

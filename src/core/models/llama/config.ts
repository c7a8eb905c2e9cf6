import { z } from 'zod';
import { KintsugiError } from '../../../shared/errors.ts';
import type { ModelConfig } from '../family.ts';

export interface LlamaConfig extends ModelConfig {
  readonly intermediateSize: number;
  readonly ropeTheta: number;
  readonly rmsNormEpsilon: number;
  readonly tiedHead: boolean;
}

const size = (maximum: number) => z.number().int().min(1).max(maximum);

/** Bounds are far above any published model: they keep a hostile file from asking for the memory. */
const schema = z.object({
  vocab_size: size(4_194_304),
  hidden_size: size(65_536),
  intermediate_size: size(524_288),
  num_hidden_layers: size(1_024),
  num_attention_heads: size(1_024),
  num_key_value_heads: size(1_024).optional(),
  head_dim: size(4_096).nullish(),
  max_position_embeddings: size(16_777_216).default(2_048),
  rope_theta: z.number().positive().default(10_000),
  rms_norm_eps: z.number().positive().default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.literal('silu').default('silu'),
  rope_scaling: z.null().optional(),
  attention_bias: z.literal(false).default(false),
  mlp_bias: z.literal(false).default(false),
});

const invalid = (file: string, field: string, message: string): KintsugiError =>
  new KintsugiError('CONFIG_INVALID', `config.json: ${field} ${message}`, {
    file,
    field,
    next: 'Use a config.json written by transformers for this checkpoint.',
  });

/** Reads a LLaMA config.json. @throws KintsugiError CONFIG_INVALID naming the field. */
export function parseLlamaConfig(json: Record<string, unknown>, file: string): LlamaConfig {
  const rope = json['rope_parameters'] as Record<string, unknown> | undefined;
  const flat = rope ? { rope_theta: rope['rope_theta'], ...json } : json;
  const result = schema.safeParse(flat);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw invalid(file, issue.path.join('.'), issue.message);
  }
  if (rope && rope['rope_type'] !== undefined && rope['rope_type'] !== 'default')
    throw invalid(file, 'rope_parameters.rope_type', `"${rope['rope_type']}" is not supported yet`);
  const c = result.data;
  const keyValueHeads = c.num_key_value_heads ?? c.num_attention_heads;
  if (c.num_attention_heads % keyValueHeads !== 0)
    throw invalid(file, 'num_key_value_heads', 'does not divide num_attention_heads');
  if (!c.head_dim && c.hidden_size % c.num_attention_heads !== 0)
    throw invalid(file, 'num_attention_heads', 'does not divide hidden_size');
  const headDim = c.head_dim ?? c.hidden_size / c.num_attention_heads;
  if (headDim % 2 !== 0) throw invalid(file, 'head_dim', 'is odd; rotary embedding needs pairs');
  return {
    architecture: 'LlamaForCausalLM',
    vocabularySize: c.vocab_size,
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    keyValueHeads,
    headDim,
    maxPositions: c.max_position_embeddings,
    ropeTheta: c.rope_theta,
    rmsNormEpsilon: c.rms_norm_eps,
    tiedHead: c.tie_word_embeddings,
  };
}

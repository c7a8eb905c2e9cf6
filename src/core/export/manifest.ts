import { z } from 'zod';
import { size } from './peft.ts';
import { MAX_TOKENS, MAX_WIDTH } from './prompt.ts';
import { PROMPT_BITS } from './prompt-codes.ts';
import { storedSelector } from './selector.ts';

export const FORMAT_VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hexadecimal');
const text = z.string().max(4096);

const prompt = z.strictObject({
  name: text.min(1),
  folder: text.min(1),
  tokens: size(MAX_TOKENS),
  /** Of the folder's adapter_model.safetensors. */
  sha256,
  /** Tasks or data that the prompt was tuned on. */
  family: text,
  metrics: z.record(text, z.number()),
  /** Of a quantised prompt; its weights are the rounded numbers, for PEFT to read. */
  bits: z.literal(PROMPT_BITS).optional(),
});

const distinct = (field: 'name' | 'folder') => (prompts: readonly z.infer<typeof prompt>[]) =>
  new Set(prompts.map((p) => p[field])).size === prompts.length;

/** bank.json. */
export const manifestSchema = z.strictObject({
  format: z.literal('kintsugi-bank'),
  formatVersion: z.literal(FORMAT_VERSION),
  baseModel: z.strictObject({
    id: text.min(1),
    hash: sha256,
    hiddenSize: size(MAX_WIDTH),
    layers: size(1024),
    heads: size(1024),
  }),
  tokenizerHash: sha256,
  /** How the base model was compressed; null when it wasn't. */
  compression: z.record(text, z.unknown()).nullable(),
  selector: storedSelector,
  seed: z.int().min(0),
  prompts: z
    .array(prompt)
    .min(1)
    .max(256)
    .refine(distinct('name'), 'holds two prompts of one name')
    .refine(distinct('folder'), 'holds two prompts in one folder'),
});

export type Manifest = z.infer<typeof manifestSchema>;

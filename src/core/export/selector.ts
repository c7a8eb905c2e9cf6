import { z } from 'zod';
import { float32Bytes } from '../checkpoint/dtype.ts';
import type { Selector } from '../select/selector.ts';

/** Learned numbers as base64 of little-endian float32: exact, and short beside JSON's digits. */
const numbers = z.base64().max(2 ** 22);
const layer = z.int().min(-1024).max(1023);
const rank = z.int().min(1).max(1024);

/** A selector as bank.json holds it. */
export const storedSelector = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('idp'), layer }),
  z.strictObject({
    kind: z.literal('idp-calibrated'),
    layer,
    means: numbers,
    deviations: numbers,
  }),
  z.strictObject({
    kind: z.literal('key'),
    keys: z.enum(['prompts', 'centroids', 'learned']),
    values: numbers,
  }),
  z.strictObject({ kind: z.literal('classifier'), weights: numbers, bias: numbers }),
  z.strictObject({ kind: z.literal('mixture'), rank, down: numbers, up: numbers }),
  z.strictObject({ kind: z.literal('random'), seed: z.int().min(0) }),
  z.strictObject({ kind: z.literal('fixed'), prompt: z.int().min(0).max(255) }),
]);

export type StoredSelector = z.infer<typeof storedSelector>;

type Numeric = Readonly<Record<string, unknown>>;

export function storeSelector(selector: Selector): StoredSelector {
  const entries = Object.entries(selector as Numeric).map(([name, value]) => [
    name,
    value instanceof Float32Array ? Buffer.from(float32Bytes(value)).toString('base64') : value,
  ]);
  return storedSelector.parse(Object.fromEntries(entries));
}

/** Names of a selector's number fields, and how many numbers each must hold. */
function sizesOf(stored: StoredSelector, count: number, width: number): Record<string, number> {
  switch (stored.kind) {
    case 'idp-calibrated':
      return { means: count, deviations: count };
    case 'key':
      return { values: count * width };
    case 'classifier':
      return { weights: count * width, bias: count };
    case 'mixture':
      return { down: stored.rank * width, up: width * stored.rank };
    default:
      return {};
  }
}

/** The selector of a bank of `count` prompts, or the field that does not fit them. */
export function readSelector(
  stored: StoredSelector,
  count: number,
  width: number,
): Selector | { readonly fault: string; readonly field: string } {
  const fields: Record<string, unknown> = { ...stored };
  for (const [name, size] of Object.entries(sizesOf(stored, count, width))) {
    const bytes = Uint8Array.from(Buffer.from(fields[name] as string, 'base64'));
    const field = `selector.${name}`;
    if (bytes.length !== 4 * size)
      return { field, fault: `${field} has ${bytes.length / 4} numbers where ${size} belong` };
    const values = new Float32Array(bytes.buffer);
    if (!values.every(Number.isFinite)) return { field, fault: `${field} holds NaN or infinity` };
    fields[name] = values;
  }
  if (stored.kind === 'fixed' && stored.prompt >= count)
    return { field: 'selector.prompt', fault: `The bank has no prompt ${stored.prompt}` };
  return fields as unknown as Selector;
}

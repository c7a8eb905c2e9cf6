import { roundHalfEven } from '../compress/grid.ts';
import type { SoftPrompt } from '../tune/types.ts';

/** Widths, in bits, that a prompt's numbers can be rounded to. */
export const PROMPT_BITS = [8, 4] as const;
export type PromptBits = (typeof PROMPT_BITS)[number];

/** A rounded prompt in the least room: row t is scales[t] · codes[t]. */
export interface PromptCodes {
  /** [tokens, ⌈width · bits / 8⌉], two's complement; at 4 bits the even column is the low half. */
  readonly codes: Uint8Array;
  /** [tokens]. */
  readonly scales: Float32Array;
}

/** Codes are −top … top: symmetric, so that 0 stays 0. */
const topCode = (bits: PromptBits): number => 2 ** (bits - 1) - 1;

/** Bytes of one virtual token's codes. */
export const rowBytes = (width: number, bits: PromptBits): number => Math.ceil((width * bits) / 8);

/**
 * The prompt with every virtual token rounded to a grid of its own, spanned by the token's largest
 * number. Rounding again changes nothing, and `packPrompt` finds the same grid in the result.
 */
export function roundPrompt<P extends SoftPrompt>(prompt: P, bits: PromptBits): P {
  return { ...prompt, embeddings: unpackPrompt(packPrompt(prompt, bits), prompt, bits) };
}

export function packPrompt(
  { tokens, width, embeddings }: Pick<SoftPrompt, 'tokens' | 'width' | 'embeddings'>,
  bits: PromptBits,
): PromptCodes {
  const row = rowBytes(width, bits);
  const codes = new Uint8Array(tokens * row);
  const scales = new Float32Array(tokens);
  const top = topCode(bits);
  for (let t = 0; t < tokens; t++) {
    const values = embeddings.subarray(t * width, (t + 1) * width);
    const scale = gridScale(values, top);
    scales[t] = scale;
    if (scale === 0) continue;
    values.forEach((value, i) => {
      const code = Math.max(-top, Math.min(top, roundHalfEven(value / scale)));
      if (bits === 8) codes[t * row + i] = code;
      else codes[t * row + (i >> 1)]! |= (code & 15) << (4 * (i & 1));
    });
  }
  return { codes, scales };
}

/** The rows that codes stand for, [tokens, width]; exact, since a product has at most 23 bits. */
export function unpackPrompt(
  { codes, scales }: PromptCodes,
  { tokens, width }: Pick<SoftPrompt, 'tokens' | 'width'>,
  bits: PromptBits,
): Float32Array {
  const row = rowBytes(width, bits);
  const values = new Float32Array(tokens * width);
  for (let t = 0; t < tokens; t++) {
    for (let i = 0; i < width; i++) {
      const byte = codes[t * row + (bits === 8 ? i : i >> 1)]!;
      // Shifted up to the sign bit of 32 and back, the code has its sign.
      const code = bits === 8 ? (byte << 24) >> 24 : (byte << (28 - 4 * (i & 1))) >> 28;
      values[t * width + i] = code * scales[t]!;
    }
  }
  return values;
}

/**
 * Largest number ÷ largest code, rounded up to 16 significant bits: then code · scale is exact in
 * float32, and the same scale follows from the rounded row.
 */
function gridScale(values: Float32Array, top: number): number {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const scale = new Float32Array([largest / top]);
  const [bits] = new Uint32Array(scale.buffer);
  return new Float32Array(new Uint32Array([(bits! + 0xff) & ~0xff]).buffer)[0]!;
}

/** √(Σ(a − b)² ÷ Σa²) over all numbers of some prompts and of the same ones changed. */
export function relativeError(before: readonly SoftPrompt[], after: readonly SoftPrompt[]): number {
  let difference = 0;
  let size = 0;
  before.forEach(({ embeddings }, p) => {
    embeddings.forEach((value, i) => {
      difference += (value - after[p]!.embeddings[i]!) ** 2;
      size += value ** 2;
    });
  });
  return size === 0 ? 0 : Math.sqrt(difference / size);
}

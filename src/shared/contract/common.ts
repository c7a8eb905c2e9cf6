import { z } from 'zod';

/** An expected failure as data: errors lose their fields on the way between processes. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  /** What the reader can do about it. */
  readonly next: string;
  readonly file?: string;
  readonly field?: string;
}

/** A small file for the screen to save. */
export interface FileContent {
  readonly name: string;
  /** MIME type. */
  readonly type: string;
  readonly text: string;
}

/** A small file that is no text. */
export interface BinaryContent {
  readonly name: string;
  /** MIME type. */
  readonly type: string;
  readonly base64: string;
}

export const nothing = z.strictObject({});
export const id = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\w.@:-]+$/, 'is not an id');
export const byId = z.strictObject({ id });
export const title = z.string().trim().min(1).max(120);
export const tags = z.array(z.string().trim().min(1).max(40)).max(20);
export const notes = z.string().max(10_000);
/** A path on the machine that computes. */
export const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'is not a path');
/** An arm that runs make, or a bank of the library by its id. */
export const armId = z.union([
  z.enum(['original', 'compressed', 'prompt', 'idp', 'prefix', 'lora', 'bank-lora']),
  z.templateLiteral(['lora-', z.int()]),
  z.templateLiteral(['bank:', id]),
]);

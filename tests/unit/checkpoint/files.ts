import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { float32Bytes } from '../../../src/core/checkpoint/dtype.ts';
import type { TensorData } from '../../../src/core/checkpoint/safetensors.ts';

/** A folder that lives as long as the test that asked for it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The bytes of a safetensors file with any header, valid or not. */
export function safetensorsBytes(header: string | Uint8Array, data = 0, length?: bigint): Buffer {
  const json = Buffer.from(header as string);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([prefix, json, Buffer.alloc(data)]);
}

export function writeBytes(bytes: string | Uint8Array): string {
  const path = join(temporaryFolder(), 'model.safetensors');
  writeFileSync(path, bytes);
  return path;
}

export const f32 = (name: string, shape: number[], values: number[]): TensorData => ({
  name,
  dtype: 'F32',
  shape,
  data: float32Bytes(Float32Array.from(values)),
});

/** A typed error that says what to do next. */
export const failure = (code: string, message: RegExp, more: Record<string, unknown> = {}) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(message),
    next: expect.stringMatching(/\w/),
    ...more,
  });

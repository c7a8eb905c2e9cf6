import { type CompressionOptions, parseCompressionOptions } from '../../shared/compression.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';

export type Compressed = Pick<Checkpoint, 'quantization' | 'provenance'>;

/** How Kintsugi compressed a folder; undefined for models that are not, or by other programs. */
export function compressionOf({ provenance }: Compressed): CompressionOptions | undefined {
  if (provenance?.['format'] !== 'kintsugi-compression') return undefined;
  return parseCompressionOptions(provenance['recipe']);
}

/** Pruned models, and codes that were written out, are dense checkpoints: only their folder tells. */
export const isCompressed = (checkpoint: Compressed): boolean =>
  checkpoint.quantization !== undefined || compressionOf(checkpoint) !== undefined;

import type { Model } from '../../core/models/model.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { linearShapes, parameterCount } from './model-shape.ts';

export interface MemoryItem {
  readonly what: string;
  readonly bytes: number;
}

/** Longest sequence that tuning reads, in tokens. */
const TUNING_LENGTH = 256;

/**
 * An upper estimate of what a repair holds at its peak, by cause. Graph memory is counted without
 * reuse of buffers between operations, so the real peak is usually lower.
 */
export function estimateMemory(
  model: Pick<Model, 'family' | 'config'>,
  { tuning }: Recipe,
): MemoryItem[] {
  const { config } = model;
  const linears = linearShapes(model);
  const length = Math.min(config.maxPositions, TUNING_LENGTH) + tuning.tokens;
  const attention = 2 * config.heads * length * config.layers;
  const perToken = sum(linears.map((linear) => linear.out + linear.in)) + attention;
  const columns = Math.max(...linears.map((linear) => linear.in));
  const float = 4;
  return [
    // The dense weights and the copies that the forward and the gradient session keep.
    { what: 'weights', bytes: 3 * float * parameterCount(model) },
    {
      what: 'activations and their gradients',
      bytes: 2 * float * tuning.batch * length * perToken,
    },
    {
      what: 'logits',
      bytes: 3 * float * tuning.batch * config.vocabularySize * 16,
    },
    // fp32 sum, and its factor and inverse in fp64.
    { what: 'compression statistics', bytes: (4 + 8 + 8) * columns * columns },
  ];
}

/** @throws KintsugiError MEMORY_INSUFFICIENT listing the items */
export function requireMemory(
  items: readonly MemoryItem[],
  available: number = process.availableMemory(),
): void {
  const needed = sum(items.map(({ bytes }) => bytes));
  if (needed <= available) return;
  const list = items.map(({ what, bytes }) => `${what} ${gigabytes(bytes)}`).join(', ');
  throw new KintsugiError(
    'MEMORY_INSUFFICIENT',
    `The run may need ${gigabytes(needed)} of memory (${list}); ${gigabytes(available)} are free.`,
    {
      next: 'Close other programs, lower "tuning.batch", or choose a smaller model; --force starts anyway.',
      field: 'tuning.batch',
    },
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

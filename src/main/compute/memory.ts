import { batchOf } from '../../core/compress/calibrate.ts';
import { estimateMemory as estimateCompression } from '../../core/compress/estimate.ts';
import { MAP_FROM } from '../../core/engine/onnx/session.ts';
import type { Model } from '../../core/models/model.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { blockShapes, linearShapes, parameterCount } from './model-shape.ts';

export interface MemoryItem {
  readonly what: string;
  readonly bytes: number;
}

/** Longest sequence that tuning reads, in tokens. */
const TUNING_LENGTH = 256;

/** Node, the runtime's libraries and arenas, uncollected garbage: a run's peak without any weights. */
const PROGRAM = { what: 'program and engine', bytes: 400 * 2 ** 20 };

/** The original, and the compressed model forward and backward. */
const SESSIONS = 3;
/** Bytes of a stored dense weight, at least. */
const NARROWEST = 2;

type Shaped = Pick<Model, 'family' | 'config'>;

/** An upper estimate of what a repair holds at its peak, by cause: of its stages, the largest. */
export function estimateMemory(model: Shaped, recipe: Recipe): MemoryItem[] {
  const [tuning, compression] = [tuningItems(model, recipe), compressionItems(model, recipe)];
  return total(tuning) >= total(compression) ? tuning : compression;
}

/** Graph memory is counted without reuse of buffers between operations: the peak is usually lower. */
function tuningItems(model: Shaped, { tuning }: Recipe): MemoryItem[] {
  const { config } = model;
  const linears = linearShapes(model);
  const length = Math.min(config.maxPositions, TUNING_LENGTH) + tuning.tokens;
  const attention = 2 * config.heads * length * config.layers;
  const perToken = sum(linears.map((linear) => linear.out + linear.in)) + attention;
  const float = 4;
  return [
    PROGRAM,
    { what: 'weights', bytes: SESSIONS * float * residentWeights(model) },
    {
      what: 'activations and their gradients',
      bytes: 2 * float * tuning.batch * length * perToken,
    },
    {
      what: 'logits',
      bytes: 3 * float * tuning.batch * config.vocabularySize * 16,
    },
  ];
}

/**
 * Weights that a session keeps in fp32: all of a small model; of one that it maps the head, and of
 * the linears the one at work and the next.
 */
function residentWeights(model: Shaped): number {
  const parameters = parameterCount(model);
  if (NARROWEST * parameters < MAP_FROM) return parameters;
  const { vocabularySize, hiddenSize } = model.config;
  const largest = Math.max(...linearShapes(model).map((linear) => linear.out * linear.in));
  return vocabularySize * hiddenSize + 2 * largest;
}

/** Compressing goes block by block, whatever the model's size. */
function compressionItems(model: Shaped, { compression }: Recipe): MemoryItem[] {
  const { samples, length } = compression.calibration;
  const size = {
    config: model.config,
    options: compression,
    blocks: blockShapes(model).map(({ stages }) => stages.flat()),
    text: { sequences: samples, length, batch: batchOf(samples, length) },
    weightBytes: 4,
    dense: 0,
  };
  return estimateCompression(size).items.map(({ name, bytes }) => ({ what: name, bytes }));
}

const total = (items: readonly MemoryItem[]) => sum(items.map(({ bytes }) => bytes));

/** @throws KintsugiError MEMORY_INSUFFICIENT listing the items */
export function requireMemory(
  items: readonly MemoryItem[],
  available: number = process.availableMemory(),
): void {
  const needed = total(items);
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

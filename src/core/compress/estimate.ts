import { KintsugiError } from '../../shared/errors.ts';
import type { ModelConfig } from '../models/family.ts';
import type { LinearShape } from './options.ts';

export interface MemoryItem {
  readonly name: string;
  readonly bytes: number;
}

export interface MemoryEstimate {
  readonly items: readonly MemoryItem[];
  readonly total: number;
}

/** What a compression holds at once. */
export interface CompressionSize {
  readonly config: ModelConfig;
  /** Each block's linears. */
  readonly blocks: readonly (readonly LinearShape[])[];
  /** Calibration sequences and their length in tokens; 0 without calibration. */
  readonly sequences: number;
  readonly length: number;
  /** Sequences per run of a block. */
  readonly batch: number;
  /** Bytes of the largest shard of tensors that are copied as they are. */
  readonly copied: number;
}

const FLOAT = 4;
/** Node, the runtime's libraries and its arenas, as measured on an idle engine. */
const BASE = 200 * 2 ** 20;
/** Bytes per weight of a block: fp32, and the packed codes that wait to be written. */
const BLOCK = FLOAT + 2;
/** Bytes per weight of the linear being solved: working copy, codes twice, dense, difference, product. */
const SOLVE = 18;
/** Bytes per entry of H while blocks run: H, and XᵀX in the runtime and outside it. */
const GRAM = 12;
/** Bytes per entry of H while it is factored: H, permuted copy, fp64 panels of L and L⁻¹, L⁻¹, U. */
const FACTOR = 28;
/** fp32 vectors of hidden size, and of the widest linear, that a block holds per token. */
const HIDDEN_VECTORS = 12;
const WIDE_VECTORS = 3;
/** Score matrices that attention holds. */
const SCORES = 3;

/** Peak memory of a compression, itemised; the steps that follow each other count once, by the largest. */
export function estimateCompression(size: CompressionSize): MemoryEstimate {
  const { config, sequences, length, batch } = size;
  const linears = size.blocks.flat();
  const block = Math.max(...size.blocks.map(weightsOf));
  const linear = Math.max(...linears.map((l) => l.out * l.in));
  const columns = Math.max(...linears.map((l) => l.in));
  const square = sequences > 0 ? columns ** 2 : 0;
  const vectors = HIDDEN_VECTORS * config.hiddenSize + WIDE_VECTORS * columns;
  const scores = SCORES * config.heads * length;
  const steps = [
    { name: 'running a block', bytes: batch * length * (vectors + scores) * FLOAT + GRAM * square },
    { name: 'factoring the largest Hessian', bytes: FACTOR * square },
    { name: 'solving the largest linear', bytes: SOLVE * linear + 2 * FLOAT * square },
    { name: 'copying the dense tensors', bytes: size.copied },
  ];
  const items = [
    { name: 'program and runtime', bytes: BASE },
    { name: "a block's weights", bytes: block * BLOCK },
    { name: 'calibration activations', bytes: sequences * length * config.hiddenSize * FLOAT },
    steps.reduce((largest, step) => (step.bytes > largest.bytes ? step : largest)),
  ];
  return { items, total: items.reduce((sum, item) => sum + item.bytes, 0) };
}

const weightsOf = (block: readonly LinearShape[]) =>
  block.reduce((sum, linear) => sum + linear.out * linear.in, 0);

/** @throws KintsugiError MEMORY_INSUFFICIENT itemising the estimate. */
export function requireMemory({ items, total }: MemoryEstimate, available: number): void {
  if (total <= available) return;
  const listed = items.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ');
  throw new KintsugiError(
    'MEMORY_INSUFFICIENT',
    `Compressing needs about ${megabytes(total)} (${listed}); ${megabytes(available)} are free`,
    {
      field: 'memory',
      next: 'Use fewer or shorter calibration sequences, or close other programs.',
    },
  );
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`;

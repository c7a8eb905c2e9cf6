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

/** What a compression holds at once; `blocks` are each block's linears. */
export interface CompressionSize {
  readonly config: ModelConfig;
  readonly blocks: readonly (readonly LinearShape[])[];
  /** Calibration sequences and their length in tokens; 0 without calibration. */
  readonly sequences: number;
  readonly length: number;
  /** Sequences per run of a block. */
  readonly batch: number;
  /** Bytes of the tensors that are copied as they are, largest shard. */
  readonly copied: number;
}

const FLOAT = 4;
/** Node, the runtime's libraries and its arenas, as measured on an idle engine. */
const BASE = 200 * 2 ** 20;
/** Bytes per weight of the linear being solved: working copy, codes twice, dense, difference, product. */
const SOLVE = 18;
/** Bytes per Hessian entry: H, the run's XᵀX twice, permuted copy, fp64 panels, inverse, U twice. */
const FACTOR = 44;
/** fp32 vectors of hidden size that a block holds per token while running. */
const VECTORS = 12;

/** Peak memory of a compression, itemised. An upper figure: the items peak at different moments. */
export function estimateCompression(size: CompressionSize): MemoryEstimate {
  const { config, sequences, length, batch } = size;
  const linears = size.blocks.flat();
  const block = Math.max(...size.blocks.map(weightsOf));
  const linear = Math.max(...linears.map((l) => l.out * l.in));
  const widest = Math.max(...linears.map((l) => l.in));
  const tokens = batch * length;
  const scores = batch * config.heads * length * length * 3;
  const calibrated = sequences > 0;
  const items = [
    { name: 'program and runtime', bytes: BASE },
    { name: 'tensors copied as they are', bytes: size.copied },
    { name: 'block weights (fp32 and codes)', bytes: block * (FLOAT + 2) },
    { name: 'linear being solved', bytes: linear * SOLVE },
    { name: 'Hessian and its factor', bytes: calibrated ? widest ** 2 * FACTOR : 0 },
    { name: 'calibration activations', bytes: sequences * length * config.hiddenSize * FLOAT },
    {
      name: 'block run',
      bytes: calibrated
        ? (tokens * (VECTORS * config.hiddenSize + 3 * widest) + scores) * FLOAT
        : 0,
    },
  ];
  return { items, total: items.reduce((sum, item) => sum + item.bytes, 0) };
}

const weightsOf = (block: readonly LinearShape[]) =>
  block.reduce((sum, linear) => sum + linear.out * linear.in, 0);

/** @throws KintsugiError MEMORY_INSUFFICIENT itemising the estimate. */
export function requireMemory({ items, total }: MemoryEstimate, available: number): void {
  if (total <= available) return;
  const parts = items.filter((item) => item.bytes > 0);
  const listed = parts.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ');
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

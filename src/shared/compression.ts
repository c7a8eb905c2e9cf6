import { z } from 'zod';

/** Bits that have a kernel; 3-bit codes run in the 4-bit kernel. */
export const BITS = [2, 3, 4, 8] as const;
export type Bits = (typeof BITS)[number];

export const METHODS = ['gptq', 'rtn', 'sparsegpt', 'wanda', 'magnitude'] as const;
export type MethodName = (typeof METHODS)[number];

/** Largest m of an n:m pattern. */
const WIDEST_PATTERN = 32;

/** How codes map to weights. */
const grid = {
  bits: z.literal(BITS),
  /** Columns that share a scale; −1 is one scale for the whole row. */
  groupSize: z.union([z.literal(-1), z.int().min(8).max(65_536)]),
  /** Zero point fixed at the middle code, range ±max|w|. */
  symmetric: z.boolean(),
  /** Shrink each group's range to the one with the least error. */
  mse: z.boolean(),
};

/** Share of the Hessian's mean diagonal that is added to it. */
const damping = z.number().positive().max(1);

const pattern = z.templateLiteral([z.int(), ':', z.int()]).refine(isPattern, {
  error: `must leave some weights: n:m with 0 < n < m ≤ ${WIDEST_PATTERN}, such as 2:4`,
});

function isPattern(text: `${number}:${number}`): boolean {
  const { zeros, of } = parsePattern(text);
  return zeros >= 1 && zeros < of && of <= WIDEST_PATTERN;
}

/** The share of weights that become 0, or n:m: n of every m weights in a row become 0. */
export const sparsitySchema = z.union([z.number().gt(0).lt(1), pattern], {
  error: 'must be a share between 0 and 1, or a pattern such as 2:4',
});
export type Sparsity = z.infer<typeof sparsitySchema>;

const calibration = z.strictObject({
  /** "starter", a data file, or a dataset: FOLDER or hub:org/name, with [:config][:split] behind. */
  source: z.string().min(1),
  samples: z.int().min(1).max(100_000),
  /** Tokens per sample. */
  length: z.int().min(1).max(1_000_000),
});

const ordering = { actOrder: z.boolean(), staticGroups: z.boolean() };

/** Recipes of before there were more methods gave rounding GPTQ's settings, which it never read. */
const rtn = z
  .strictObject({
    method: z.literal('rtn'),
    ...grid,
    calibration,
    ...z.object({ ...ordering, damping }).partial().shape,
  })
  .transform(({ actOrder: _, staticGroups: __, damping: ___, ...settings }) => settings);

/** Weights that stay can be quantised too; null leaves them as they are. */
const pruning = {
  sparsity: sparsitySchema,
  quantization: z.strictObject(grid).nullable(),
  calibration,
};

export const compressionSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('gptq'), ...grid, ...ordering, damping, calibration }),
  rtn,
  z.strictObject({ method: z.literal('sparsegpt'), ...pruning, damping }),
  z.strictObject({ method: z.literal('wanda'), ...pruning }),
  z.strictObject({ method: z.literal('magnitude'), ...pruning }),
]);

export type Compression = z.infer<typeof compressionSchema>;

type WithoutCalibration<T> = T extends unknown ? Omit<T, 'calibration'> : never;
/** What is done to the weights, whatever text it is calibrated on. */
export type CompressionOptions = WithoutCalibration<Compression>;

/** Options read from outside; undefined where they are none. */
export function parseCompressionOptions(value: unknown): CompressionOptions | undefined {
  const calibration = { source: 'starter', samples: 1, length: 1 };
  const parsed = compressionSchema.safeParse({ ...Object(value), calibration });
  if (!parsed.success) return undefined;
  const { calibration: _, ...options } = parsed.data;
  return options;
}

/** How codes map to weights: METHODS.md B, "Grid" and "Checkpoint". */
export type GridOptions = Readonly<z.infer<z.ZodObject<typeof grid>>>;

/** The grid of a method's codes; null where weights stay floats. */
export function gridOf(options: CompressionOptions): GridOptions | null {
  if ('quantization' in options) return options.quantization;
  const { bits, groupSize, symmetric, mse } = options;
  return { bits, groupSize, symmetric, mse };
}

/** What a method that quantises takes when nothing was chosen yet. */
export const USUAL_GRID: GridOptions = { bits: 4, groupSize: 64, symmetric: false, mse: false };

/** Changes the grid, wherever the method keeps it. */
export function withGrid(current: Compression, change: Partial<GridOptions>): Compression {
  const grid = { ...(gridOf(current) ?? USUAL_GRID), ...change };
  return 'quantization' in current ? { ...current, quantization: grid } : { ...current, ...grid };
}

/** What a method prunes; null where it does not. */
export function sparsityOf(options: CompressionOptions): Sparsity | null {
  return 'sparsity' in options ? options.sparsity : null;
}

/** An n:m pattern in numbers. */
export interface Pattern {
  readonly zeros: number;
  readonly of: number;
}

/** "2:4" → 2 zeros of every 4. */
export function parsePattern(text: `${number}:${number}`): Pattern {
  const [zeros, of] = text.split(':').map(Number) as [number, number];
  return { zeros, of };
}

const METHOD_NAMES: Readonly<Record<MethodName, string>> = {
  gptq: 'GPTQ',
  rtn: 'rounding',
  sparsegpt: 'SparseGPT',
  wanda: 'Wanda',
  magnitude: 'magnitude pruning',
};
export const methodName = (method: MethodName): string => METHOD_NAMES[method];

/** In a few words: "GPTQ 4-bit", "SparseGPT 2:4", "Wanda 50% zeros, 4-bit". */
export function describeCompression(options: CompressionOptions): string {
  const sparsity = sparsityOf(options);
  const bits = gridOf(options)?.bits;
  const parts = [
    ...(sparsity === null ? [] : [describeSparsity(sparsity)]),
    ...(bits === undefined ? [] : [`${bits}-bit`]),
  ];
  return `${methodName(options.method)} ${parts.join(', ')}`;
}

const describeSparsity = (sparsity: Sparsity): string =>
  typeof sparsity === 'string' ? sparsity : `${Number((100 * sparsity).toFixed(2))}% zeros`;

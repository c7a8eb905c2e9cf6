/** What tuning makes. Values only, so that every later stage (select, evaluate, export) can share them. */

/** n learned rows that are read as if they were the embeddings of n tokens in front of the input. */
export interface SoftPrompt {
  readonly name: string;
  /** n, the number of virtual tokens. */
  readonly tokens: number;
  /** D, the width of the model's token embeddings. */
  readonly width: number;
  /** Row-major [tokens, width]. */
  readonly embeddings: Float32Array;
}

/**
 * n positions of keys and values in front of the input at every block (prefix tuning,
 * arXiv 2101.00190). Nothing is computed for them: they are read as if they had been.
 */
export interface Prefix {
  readonly name: string;
  /** n, the number of virtual tokens. */
  readonly tokens: number;
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** Row-major [tokens, layers, key then value, keyValueHeads, headDim]; keys as the cache holds them. */
  readonly values: Float32Array;
}

/** Low-rank update of one linear: W + scale · b · a, with `loraScale`. */
export interface LoraModule {
  readonly in: number;
  readonly out: number;
  /** Row-major [rank, in]. */
  readonly a: Float32Array;
  /** Row-major [out, rank]. */
  readonly b: Float32Array;
}

export interface LoraAdapter {
  readonly rank: number;
  readonly alpha: number;
  /** Scale alpha / √rank instead of alpha / rank, so that large ranks learn as fast (arXiv 2312.03732). */
  readonly rankStabilized: boolean;
  /** Share of the adapters' inputs that was dropped while tuning; none is when it is used. */
  readonly dropout: number;
  /** Last components of the adapted modules' names, for example `q_proj`, `v_proj`. */
  readonly targets: readonly string[];
  /** By full module path, for example `model.layers.0.self_attn.q_proj`. */
  readonly modules: ReadonlyMap<string, LoraModule>;
}

/** What the adapter's update is multiplied with. */
export const loraScale = ({
  rank,
  alpha,
  rankStabilized,
}: Pick<LoraAdapter, 'rank' | 'alpha' | 'rankStabilized'>): number =>
  alpha / (rankStabilized ? Math.sqrt(rank) : rank);

/** One thing to learn: the loss is on the target's tokens, the context is only read. */
export interface Example {
  /** Unique within its group. */
  readonly id: string;
  /** Task or data file: banks tune one prompt per group. */
  readonly group: string;
  /** What it is about: a validation split never has the same fact on both sides. */
  readonly fact: string;
  /** Empty for plain text. */
  readonly context: string;
  /** With its leading space where one belongs. */
  readonly target: string;
}

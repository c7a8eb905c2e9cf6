import type { Tensor } from '@tensorflow/tfjs-core';
import type { Weights } from './weights.ts';

/** What every family's configuration tells the rest of the laboratory. */
export interface ModelConfig {
  readonly architecture: string;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly maxPositions: number;
}

/** Keys (rotated) and values of positions already processed: [batch, kv heads, past, head dim]. */
export interface Past {
  readonly key: Tensor;
  readonly value: Tensor;
}

export interface BlockInput {
  /** [batch, length, hidden]. */
  readonly x: Tensor;
  /** [batch, length] int32. */
  readonly positions: Tensor;
  /** Added to the attention scores; broadcasts to [batch, heads, length, past + length]. */
  readonly mask: Tensor;
  /** Largest position + 1 that the program may see; sizes the rotary tables. */
  readonly positionLimit: number;
  readonly past?: Past;
}

export interface BlockOutput {
  readonly x: Tensor;
  /** Of this call's positions only: [batch, kv heads, length, head dim]. */
  readonly key: Tensor;
  readonly value: Tensor;
  /** Attention probabilities [batch, heads, length, past + length]. */
  readonly attention: Tensor;
}

/** One architecture: a folder under src/core/models, listed in registry.ts. */
export interface Family<C extends ModelConfig = ModelConfig> {
  /** `architectures` values of config.json. */
  readonly architectures: readonly string[];
  /** @throws KintsugiError CONFIG_INVALID naming the field. */
  parseConfig(json: Record<string, unknown>, file: string): C;
  /** Every tensor the checkpoint must hold, with its shape. */
  tensorShapes(config: C): ReadonlyMap<string, readonly number[]>;
  /** Linear layers of a block in true-sequential order: a stage's inputs depend on earlier stages. */
  stages(config: C, layer: number): readonly (readonly string[])[];
  /** ids [batch, length] → [batch, length, hidden]. */
  embed(config: C, weights: Weights, ids: Tensor): Tensor;
  block(config: C, weights: Weights, layer: number, input: BlockInput): BlockOutput;
  /** Final norm and vocabulary projection: [rows, hidden] → [rows, vocabulary]. */
  head(config: C, weights: Weights, x: Tensor): Tensor;
}

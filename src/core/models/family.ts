import type { Tensor } from '@tensorflow/tfjs-core';
import type { JsonObject } from '../checkpoint/json.ts';
import type { Weights } from './weights.ts';

/** What every family's configuration tells the rest of the laboratory. */
export interface ModelConfig {
  readonly architecture: string;
  readonly vocabularySize: number;
  /** Width of token embeddings and so of soft prompts: the hidden size but in OPT-350m. */
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** Positions that the model was made for, a prompt's included. */
  readonly maxPositions: number;
  /**
   * LongRoPE: keys of sequences longer than this are turned by other angles, so that a cache does
   * not outlive the step across it.
   */
  readonly rotaryChange?: number;
}

/** Keys (rotated) and values of positions already processed: [batch, kv heads, past, head dim]. */
export interface Past {
  readonly key: Tensor;
  readonly value: Tensor;
  /** By slot; position p lies in slot p where nothing is said. */
  readonly positions?: readonly number[];
}

export interface BlockInput {
  /** [batch, length, hidden]. */
  readonly x: Tensor;
  /** [batch, length] int32. */
  readonly positions: Tensor;
  /** Added to the attention scores; broadcasts to [batch, heads, length, past + length]. */
  readonly mask: Tensor;
  /** Largest position + 1 that the program may see, padding included; sizes the rotary tables. */
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
  /** Path of the body inside the causal model; checkpoints of the body alone leave it out. */
  readonly bodyPrefix: string;
  /** Last components of the modules that LoRA adapts by default, as peft chooses them. */
  readonly loraTargets: readonly string[];
  /** Conv1D: the checkpoint stores linear weights as [in, out]. */
  readonly transposedLinears?: boolean;
  /** The text model's part of a config.json that describes more. */
  textConfig?(json: JsonObject): JsonObject;
  /** A checkpoint's tensor by the name that `tensorShapes` uses; undefined if it isn't the text model's. */
  tensorName?(name: string): string | undefined;
  /** @throws KintsugiError CONFIG_INVALID naming the field. */
  parseConfig(json: JsonObject, file: string): C;
  /**
   * The configuration for sequences of this many positions, where that matters (`rotaryChange`).
   * Without it a program's own size decides, padding included.
   */
  forLength?(config: C, positions: number): C;
  /** Every tensor the checkpoint must hold, with its shape; linear weights [out, in]. */
  tensorShapes(config: C): ReadonlyMap<string, readonly number[]>;
  /** Linear layers of a block in true-sequential order: a stage's inputs depend on earlier stages. */
  stages(config: C, layer: number): readonly (readonly string[])[];
  /** ids [batch, length] → [batch, length, embedding], what transformers calls `inputs_embeds`. */
  embed(config: C, weights: Weights, ids: Tensor): Tensor;
  /**
   * What happens to embeddings [batch, length, embedding], soft prompts included, on the way to the
   * first block [batch, length, hidden]: learned positions [batch, length], a change of width.
   */
  enter?(config: C, weights: Weights, x: Tensor, positions: Tensor): Tensor;
  block(config: C, weights: Weights, layer: number, input: BlockInput): BlockOutput;
  /** Final norm and vocabulary projection: [rows, hidden] → [rows, vocabulary]. */
  head(config: C, weights: Weights, x: Tensor): Tensor;
}

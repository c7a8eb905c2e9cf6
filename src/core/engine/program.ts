import type { Tensor } from '@tensorflow/tfjs-core';

export type DeviceName = 'cpu' | 'webgpu' | 'cuda' | 'tensorflow' | 'eager';

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

export type Tensors = Readonly<Record<string, Tensor>>;
export type NumericArray = Float32Array | Int32Array;
export type Arrays = Readonly<Record<string, NumericArray>>;

/**
 * One computation in plain tfjs, with static shapes. `build` is called once by a compiling engine
 * (on symbolic tensors) and at every run by an eager one; it must be a pure function.
 */
export interface Program {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  build(inputs: Tensors): Tensors;
}

/** A program ready to run. Feeds are row-major and are neither kept nor changed. */
export interface Executable {
  run(feeds: Arrays): Promise<Record<string, NumericArray>>;
  release(): Promise<void>;
}

export interface CompileOptions {
  /** Gives memory back between operations instead of keeping it for the next run: slower, smaller. */
  readonly lean?: boolean;
  /**
   * Reads one token at a time, for which weights in files are packed into a private copy. Other
   * programs map large ones instead.
   */
  readonly singleToken?: boolean;
}

/** Where programs run. */
export interface Engine {
  readonly device: DeviceName;
  compile(program: Program, options?: CompileOptions): Promise<Executable>;
}

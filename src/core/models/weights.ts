import * as tf from '@tensorflow/tfjs-core';
import type { TensorEntry } from '../checkpoint/safetensors.ts';
import { type KernelWeights, quantizedMatMul } from '../engine/custom/quantized.ts';
import { storedTensor } from '../engine/custom/stored.ts';

/**
 * A model's parameters as its forward pass asks for them. Wrappers add an adapter, an observer or
 * trainable tensors without the forward pass knowing.
 */
export interface Weights {
  /** The named tensor; linear weights [out, in]. */
  tensor(name: string): tf.Tensor;
  /** x [rows, in] through the linear layer `module` (its bias included) → [rows, out]. */
  linear(module: string, x: tf.Tensor): tf.Tensor;
}

const addBias = (y: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor =>
  bias ? tf.add(y, bias) : y;

const fileLayout = ({ transposed: _, ...entry }: TensorEntry): TensorEntry => ({
  ...entry,
  shape: entry.shape.toReversed(),
});

/** Parameters stored in a checkpoint: dense tensors and, where given, quantised linear layers. */
export function storedWeights(
  tensors: ReadonlyMap<string, TensorEntry>,
  quantized: ReadonlyMap<string, KernelWeights> = new Map(),
): Weights {
  const entry = (name: string): TensorEntry => {
    const found = tensors.get(name);
    if (!found) throw new Error(`The checkpoint has no tensor ${name}`);
    return found;
  };
  const tensor = (name: string) => storedTensor(entry(name));
  const asStored = new Map<TensorEntry, TensorEntry>();
  const dense = (x: tf.Tensor, weight: TensorEntry): tf.Tensor => {
    if (!weight.transposed) return tf.matMul(x, storedTensor(weight), false, true);
    const stored = asStored.get(weight) ?? fileLayout(weight);
    asStored.set(weight, stored);
    return tf.matMul(x, storedTensor(stored));
  };
  return {
    tensor,
    linear(module, x) {
      const packed = quantized.get(module);
      const y = packed ? quantizedMatMul(x, packed) : dense(x, entry(`${module}.weight`));
      return addBias(y, tensors.has(`${module}.bias`) ? tensor(`${module}.bias`) : undefined);
    },
  };
}

/** Parameters that are tensors already, such as the trainable inputs of a pretraining step. */
export function tensorWeights(tensors: Readonly<Record<string, tf.Tensor>>): Weights {
  const tensor = (name: string): tf.Tensor => {
    const found = tensors[name];
    if (!found) throw new Error(`No tensor ${name}`);
    return found;
  };
  return {
    tensor,
    linear: (module, x) =>
      addBias(tf.matMul(x, tensor(`${module}.weight`), false, true), tensors[`${module}.bias`]),
  };
}

/**
 * Adds scale · B(A x) to the linear layers that `adapters` names (LoRA, arXiv 2106.09685).
 * @param drop dropout of an adapter's input x [rows, in], while it is tuned
 */
export function withLora(
  weights: Weights,
  adapters: ReadonlyMap<string, { readonly a: tf.Tensor; readonly b: tf.Tensor }>,
  scale: number,
  drop: (module: string, x: tf.Tensor) => tf.Tensor = (_, x) => x,
): Weights {
  return {
    tensor: weights.tensor,
    linear(module, x) {
      const y = weights.linear(module, x);
      const adapter = adapters.get(module);
      if (!adapter) return y;
      const down = tf.matMul(drop(module, x), adapter.a, false, true);
      const update = tf.matMul(down, adapter.b, false, true);
      return tf.add(y, tf.mul(update, scale));
    },
  };
}

/** Calls `observe` with every linear layer's input [rows, in] before it is applied. */
export const observed = (
  weights: Weights,
  observe: (module: string, x: tf.Tensor) => void,
): Weights => ({
  tensor: weights.tensor,
  linear(module, x) {
    observe(module, x);
    return weights.linear(module, x);
  },
});

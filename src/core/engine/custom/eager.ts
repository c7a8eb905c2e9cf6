import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { readFloat32, type TensorEntry } from '../../checkpoint/safetensors.ts';
import {
  dequantize,
  type KernelWeights,
  QUANTIZED_MATMUL,
  QUANTIZED_MATMUL_TRANSPOSED,
} from './quantized.ts';
import { ROTARY, rotaryReference } from './rotary.ts';
import { STORED_TENSOR } from './stored.ts';

const denseCache = new WeakMap<KernelWeights, Float32Array>();
const storedCache = new WeakMap<TensorEntry, Float32Array>();

function cached<K extends object>(
  cache: WeakMap<K, Float32Array>,
  key: K,
  read: () => Float32Array,
): Float32Array {
  const known = cache.get(key);
  if (known) return known;
  const data = read();
  cache.set(key, data);
  return data;
}

function codeBytes({ codes }: KernelWeights): Uint8Array {
  if (codes instanceof Uint8Array) return codes;
  return new Uint8Array(readFileSync(codes.path)).subarray(
    codes.offset,
    codes.offset + codes.length,
  );
}

const dense = (weights: KernelWeights): tf.Tensor =>
  tf.tensor2d(
    cached(denseCache, weights, () => dequantize(weights, codeBytes(weights))),
    [weights.out, weights.in],
  );

type Inputs = Record<string, tf.Tensor>;

const kernels: Readonly<Record<string, (inputs: Inputs, attrs: unknown) => tf.Tensor>> = {
  [QUANTIZED_MATMUL]: (inputs, attrs) =>
    tf.matMul(inputs['x']!, dense((attrs as { weights: KernelWeights }).weights), false, true),
  [QUANTIZED_MATMUL_TRANSPOSED]: (inputs, attrs) =>
    tf.matMul(inputs['x']!, dense((attrs as { weights: KernelWeights }).weights)),
  [ROTARY]: (inputs) =>
    rotaryReference(inputs['x']!, inputs['positions']!, inputs['cos']!, inputs['sin']!),
  [STORED_TENSOR]: (_inputs, attrs) => {
    const { entry } = attrs as { entry: TensorEntry };
    return tf.tensor(
      cached(storedCache, entry, () => readFloat32(entry)),
      [...entry.shape],
    );
  },
};

/** Our kernels for an ordinary tfjs backend, composed of tfjs's own. */
export function registerCustomEagerKernels(backendName: string): void {
  for (const [kernelName, kernel] of Object.entries(kernels))
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => tf.tidy(() => kernel(inputs as unknown as Inputs, attrs)),
    });
}

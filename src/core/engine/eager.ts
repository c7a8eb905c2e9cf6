// For its gradients: tfjs-core's own build for Node registers none.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { registerCustomEagerKernels } from './custom/eager.ts';
import type { Arrays, DeviceName, Engine, NumericArray, Program } from './program.ts';

const prepared = new Set<string>();

const tensors = (program: Program, feeds: Arrays): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape, dtype }]) => [
      name,
      tf.tensor(feeds[name]!, [...shape], dtype),
    ]),
  );

/**
 * Runs programs directly on a registered tfjs backend: the numerical oracle of the tests (`cpu`)
 * and the `tensorflow` device (`@tensorflow/tfjs-node-gpu`).
 */
export function createEagerEngine(backendName: string, device: DeviceName): Engine {
  if (!prepared.has(backendName)) {
    registerCustomEagerKernels(backendName);
    prepared.add(backendName);
  }
  const evaluate = (program: Program, feeds: Arrays) => {
    // Registered synchronously, so the promise has nothing to wait for.
    void tf.setBackend(backendName);
    const arrays: Record<string, NumericArray> = {};
    tf.tidy(() => {
      for (const [name, tensor] of Object.entries(program.build(tensors(program, feeds))))
        arrays[name] = (tensor.dataSync() as NumericArray).slice();
    });
    return arrays;
  };
  return {
    device,
    compile: async (program) => ({
      run: async (feeds) => evaluate(program, feeds),
      release: async () => {},
    }),
  };
}

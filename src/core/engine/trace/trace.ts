// For its gradients: tfjs-core's own build for Node registers none.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { KintsugiError } from '../../../shared/errors.ts';
import { registerCustomTraceKernels } from '../custom/trace.ts';
import { checkGraph } from '../graph/check.ts';
import { type Graph, prune, type Value } from '../graph/graph.ts';
import type { Program } from '../program.ts';
import { TraceBackend } from './backend.ts';
import { registerTraceKernels, supportedKernels } from './kernels.ts';

const BACKEND = 'kintsugi-trace';
let backend: TraceBackend | undefined;

/** Every kernel name that tfjs knows and we don't trace, so that a use of one can be explained. */
function registerUnsupported(): void {
  const supported = new Set(supportedKernels());
  for (const [key, kernelName] of Object.entries(tf)) {
    if (key !== kernelName || supported.has(kernelName)) continue;
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs }) => {
        const types = Object.entries(inputs ?? {}).map(
          ([name, info]) =>
            `${name} ${(info as tf.TensorInfo).dtype}[${(info as tf.TensorInfo).shape}]`,
        );
        throw new KintsugiError(
          'KERNEL_UNSUPPORTED',
          `The engine has no kernel ${kernelName} (${types.join(', ')})`,
          {
            field: kernelName,
            next: 'Express it with supported kernels, or add it to src/core/engine/trace/kernels.ts.',
          },
        );
      },
    });
  }
}

function traceBackend(): TraceBackend {
  if (!backend) {
    const created = new TraceBackend();
    tf.registerBackend(BACKEND, () => created, 0);
    registerTraceKernels(BACKEND);
    registerCustomTraceKernels(BACKEND);
    registerUnsupported();
    backend = created;
  }
  return backend;
}

/**
 * Runs a program's `build` on symbolic tensors and returns what it did as a checked graph.
 * Synchronous: tfjs's current backend is global, so nothing may run in between.
 * @throws KintsugiError KERNEL_UNSUPPORTED naming the kernel, shapes and dtypes.
 */
export function traceProgram(program: Program): Graph {
  const recorder = traceBackend();
  const previous = tf.engine().backendName;
  // Registered synchronously, so the promise has nothing to wait for.
  void tf.setBackend(BACKEND);
  try {
    const builder = recorder.begin();
    const outputs: Record<string, Value> = {};
    tf.tidy(() => {
      const inputs = Object.fromEntries(
        Object.entries(program.inputs).map(([name, { shape, dtype }]) => [
          name,
          recorder.input(name, shape, dtype),
        ]),
      );
      for (const [name, tensor] of Object.entries(program.build(inputs)))
        outputs[name] = recorder.value(tensor);
    });
    const graph = prune(builder.finish(program.name, outputs));
    checkGraph(graph);
    return graph;
  } finally {
    if (previous) void tf.setBackend(previous);
  }
}

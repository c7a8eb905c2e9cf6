import { availableParallelism } from 'node:os';
import { createEagerEngine } from './eager.ts';
import { createCompiledEngine } from './onnx/session.ts';
import type { DeviceName, Engine } from './program.ts';

export interface EngineOptions {
  readonly device?: DeviceName;
  /** CPU threads; all cores by default. */
  readonly threads?: number;
  readonly accuracyLevel?: 0 | 4;
  readonly mapWeights?: boolean;
}

/** The engine of one device. */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const { device = 'cpu', threads = availableParallelism() } = options;
  switch (device) {
    case 'eager': {
      await import('@tensorflow/tfjs-backend-cpu');
      return createEagerEngine('cpu', device);
    }
    case 'tensorflow':
      throw new Error('tensorflow');
    case 'cpu':
    case 'webgpu':
    case 'cuda':
      return createCompiledEngine({
        device,
        threads,
        accuracyLevel: options.accuracyLevel ?? 0,
        mapWeights: options.mapWeights ?? false,
      });
  }
}

import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { KintsugiError } from '../../shared/errors.ts';
import { createRandom } from '../random.ts';
import { createEagerEngine } from './eager.ts';
import { createCompiledEngine, MAP_FROM, WIDEN_UP_TO } from './onnx/session.ts';
import type { Arrays, DeviceName, Engine, NumericArray, Program } from './program.ts';

export interface EngineOptions {
  /** CPU threads; all cores by default. */
  readonly threads?: number;
  /** MatMulNBits: 0 computes in fp32, 4 quantises the activations to int8 (faster, ~5e-3 off). */
  readonly accuracyLevel?: 0 | 4;
  /** See `CompiledEngineOptions.mapFrom`. */
  readonly mapFrom?: number;
  /** See `CompiledEngineOptions.widenUpTo`. */
  readonly widenUpTo?: number;
}

/** What a self-check found. */
export interface DeviceReport {
  readonly device: DeviceName;
  /** Ran, and agreed with the CPU. */
  readonly usable: boolean;
  /** Of one step of the self-check. */
  readonly milliseconds?: number;
  /** ‖result − CPU's‖ / ‖CPU's‖. */
  readonly relativeError?: number;
  /** Why it is not usable. */
  readonly reason?: string;
}

const CANDIDATES: readonly DeviceName[] = ['cpu', 'webgpu', 'cuda', 'tensorflow'];
const TOLERANCE = 1e-3;

/** `@tensorflow/tfjs-node-gpu` registers the tfjs backend `tensorflow` when it loads. */
async function loadTensorflow(): Promise<void> {
  const optional = '@tensorflow/tfjs-node-gpu';
  try {
    await import(optional);
  } catch (cause) {
    throw new KintsugiError(
      'DEVICE_UNAVAILABLE',
      `The tensorflow device needs ${optional}, which did not load: ${(cause as Error).message.split('\n')[0]}`,
      {
        cause,
        field: 'device',
        next: 'Install it as README.md describes (it needs CUDA 11), or use --device auto.',
      },
    );
  }
}

/** The engine of one device, not checked. @throws KintsugiError DEVICE_UNAVAILABLE */
export async function openDevice(device: DeviceName, options: EngineOptions = {}): Promise<Engine> {
  switch (device) {
    case 'eager':
      await import('@tensorflow/tfjs-backend-cpu');
      return createEagerEngine('cpu', device);
    case 'tensorflow':
      await loadTensorflow();
      return createEagerEngine('tensorflow', device);
    case 'cpu':
    case 'webgpu':
    case 'cuda':
      return createCompiledEngine({
        device,
        threads: options.threads ?? availableParallelism(),
        accuracyLevel: options.accuracyLevel ?? 0,
        mapFrom: options.mapFrom ?? MAP_FROM,
        widenUpTo: options.widenUpTo ?? WIDEN_UP_TO,
      });
  }
}

const SIZE = 256;

/** A gradient through products, a softmax and a sum: large enough for its time to mean something. */
const selfCheck: Program = {
  name: 'self-check',
  inputs: {
    x: { shape: [SIZE, SIZE], dtype: 'float32' },
    w: { shape: [SIZE, SIZE], dtype: 'float32' },
  },
  build({ x, w }) {
    const attend = (a: tf.Tensor) => tf.matMul(tf.softmax(tf.matMul(a, w!, false, true)), w!);
    const loss = (a: tf.Tensor) => tf.sum(tf.square(attend(attend(a)))) as tf.Scalar;
    const { value, grad } = tf.valueAndGrad(loss)(x!);
    return { value, grad };
  },
};

function selfCheckFeeds(): Arrays {
  const random = createRandom(1, 'self-check');
  const normal = () => Float32Array.from({ length: SIZE * SIZE }, () => random.normal() / 4);
  return { x: normal(), w: normal() };
}

function relativeError(actual: NumericArray, expected: NumericArray): number {
  let difference = 0;
  let norm = 0;
  expected.forEach((value, i) => {
    difference += (value - actual[i]!) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}

async function measure(engine: Engine): Promise<{ grad: NumericArray; milliseconds: number }> {
  const feeds = selfCheckFeeds();
  const program = await engine.compile(selfCheck);
  const { grad } = await program.run(feeds);
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    await program.run(feeds);
    times.push(performance.now() - start);
  }
  await program.release();
  return { grad: grad!, milliseconds: Math.min(...times) };
}

async function check(
  device: DeviceName,
  options: EngineOptions,
  expected: NumericArray,
): Promise<DeviceReport> {
  try {
    const { grad, milliseconds } = await measure(await openDevice(device, options));
    const error = relativeError(grad, expected);
    const usable = error <= TOLERANCE;
    const report = { device, usable, milliseconds, relativeError: error };
    return usable ? report : { ...report, reason: 'its result differs from the CPU' };
  } catch (error) {
    return { device, usable: false, reason: (error as Error).message };
  }
}

/** Tries every device on the same small gradient, the CPU's result being the reference. */
export async function probeDevices(options: EngineOptions = {}): Promise<DeviceReport[]> {
  const { grad } = await measure(await openDevice('cpu', options));
  const reports: DeviceReport[] = [];
  for (const device of CANDIDATES) reports.push(await check(device, options, grad));
  return reports;
}

/** The fastest device that agrees with the CPU. */
export function fastest(reports: readonly DeviceReport[]): DeviceReport {
  const usable = reports.filter((report) => report.usable);
  return usable.reduce((a, b) => (b.milliseconds! < a.milliseconds! ? b : a));
}

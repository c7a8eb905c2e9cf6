import * as tf from '@tensorflow/tfjs-core';
import type { TensorEntry } from '../../checkpoint/safetensors.ts';
import type { ConstantData, Value } from '../graph/graph.ts';
import type { TraceBackend } from '../trace/backend.ts';
import {
  type Bytes,
  type KernelWeights,
  QUANTIZED_MATMUL,
  QUANTIZED_MATMUL_TRANSPOSED,
  unpackRows,
} from './quantized.ts';
import { ROTARY } from './rotary.ts';
import { STORED_TENSOR } from './stored.ts';

interface Call {
  readonly inputs: Record<string, tf.TensorInfo>;
  readonly attrs: Record<string, unknown>;
  readonly backend: TraceBackend;
}

const STORED_DTYPE = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

const constantData = (bytes: Bytes): ConstantData =>
  bytes instanceof Uint8Array ? { kind: 'bytes', bytes } : { kind: 'file', ...bytes };

const view = (array: Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** ONNX packs uint4 tensors without padding rows, MatMulNBits pads them. */
function contiguousZeros({ zeros, out, in: width, block, bits }: KernelWeights): Uint8Array {
  const groups = width / block;
  if (bits === 8 || groups % 2 === 0) return zeros;
  const codes = unpackRows(zeros, out, groups, bits);
  const packed = new Uint8Array(Math.ceil(codes.length / 2));
  codes.forEach((code, i) => {
    packed[i >> 1]! |= i & 1 ? code << 4 : code;
  });
  return packed;
}

/** The weight [out, in] dequantised inside the graph, from the bytes MatMulNBits reads. */
function dequantized({ builder }: TraceBackend, weights: KernelWeights): Value {
  const { out, block, bits } = weights;
  const width = weights.in;
  const dtype = bits === 4 ? 'uint4' : 'uint8';
  const groups = width / block;
  const codes = builder.constant(constantData(weights.codes), [out, width], dtype);
  const scales = builder.constant(constantData(view(weights.scales)), [out, groups], 'float32');
  const zeros = builder.constant(constantData(contiguousZeros(weights)), [out, groups], dtype);
  const attributes = { axis: 1, block_size: block };
  return builder.add(
    'DequantizeLinear',
    [codes, scales, zeros],
    [out, width],
    'float32',
    attributes,
  );
}

const kernels: Readonly<Record<string, (call: Call) => tf.TensorInfo>> = {
  [QUANTIZED_MATMUL]: ({ inputs, attrs, backend }) => {
    const weights = attrs['weights'] as KernelWeights;
    const { builder } = backend;
    const { out, block, bits } = weights;
    const width = weights.in;
    const x = backend.value(inputs['x']!);
    const groups = width / block;
    const codes = builder.constant(
      constantData(weights.codes),
      [out, groups, (block * bits) / 8],
      'uint8',
    );
    const scales = builder.constant(constantData(view(weights.scales)), [out * groups], 'float32');
    const zeros = builder.constant(constantData(weights.zeros), [weights.zeros.length], 'uint8');
    const attributes = { K: width, N: out, bits, block_size: block };
    return backend.wrap(
      builder.add(
        'MatMulNBits',
        [x, codes, scales, zeros],
        [x.shape[0]!, out],
        'float32',
        attributes,
      ),
    );
  },
  [QUANTIZED_MATMUL_TRANSPOSED]: ({ inputs, attrs, backend }) => {
    const weights = attrs['weights'] as KernelWeights;
    const dy = backend.value(inputs['x']!);
    const dense = dequantized(backend, weights);
    const shape = [dy.shape[0]!, weights.in];
    return backend.wrap(backend.builder.add('MatMul', [dy, dense], shape, 'float32'));
  },
  [ROTARY]: ({ inputs, backend }) => {
    const values = ['x', 'positions', 'cos', 'sin'].map((key) => backend.value(inputs[key]!));
    return backend.wrap(
      backend.builder.add('RotaryEmbedding', values, values[0]!.shape, 'float32'),
    );
  },
  [STORED_TENSOR]: ({ attrs, backend }) => {
    const { path, offset, length, shape, dtype, transposed } = attrs['entry'] as TensorEntry;
    if (!(dtype in STORED_DTYPE)) throw new Error(`A ${dtype} tensor is not a float weight`);
    const kind = STORED_DTYPE[dtype as keyof typeof STORED_DTYPE];
    const data = { kind: 'file', path, offset, length } as const;
    if (!transposed) return backend.stored(data, shape, kind);
    const stored = backend.value(backend.stored(data, shape.toReversed(), kind));
    const perm = [1, 0];
    return backend.wrap(backend.builder.add('Transpose', [stored], shape, 'float32', { perm }));
  },
};

export function registerCustomTraceKernels(backendName: string): void {
  for (const [kernelName, kernel] of Object.entries(kernels))
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: (params) => kernel(params as unknown as Call),
    });
}

import * as tf from '@tensorflow/tfjs-core';
import { broadcastShape } from '../graph/broadcast.ts';
import { type Attribute, type Dtype, elements, type OpName, type Value } from '../graph/graph.ts';
import { type TraceBackend, traceDtype } from './backend.ts';

interface Call {
  readonly inputs: Record<string, tf.TensorInfo>;
  readonly attrs: Record<string, unknown>;
  readonly backend: TraceBackend;
}

type Kernel = (call: Call) => tf.TensorInfo | tf.TensorInfo[];

const node = (
  backend: TraceBackend,
  op: OpName,
  inputs: readonly Value[],
  shape: readonly number[],
  dtype: Dtype,
  attributes: Record<string, Attribute> = {},
): tf.TensorInfo => backend.wrap(backend.builder.add(op, inputs, shape, dtype, attributes));

const unary =
  (op: OpName): Kernel =>
  ({ inputs, backend }) => {
    const x = backend.value(inputs['x']!);
    return node(backend, op, [x], x.shape, x.dtype);
  };

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

const ARITHMETIC: Partial<Record<OpName, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Div: (a, b) => a / b,
  Mul: (a, b) => a * b,
  Sub: (a, b) => a - b,
};

/** Arithmetic on two constants of one repeated value each is another such constant. */
function fold(op: OpName, backend: TraceBackend, a: tf.TensorInfo, b: tf.TensorInfo) {
  const [x, y] = [backend.splat(a), backend.splat(b)];
  const compute = ARITHMETIC[op];
  if (x === undefined || y === undefined || !compute || a.dtype !== 'float32') return undefined;
  return backend.fill(broadcastShape(a.shape, b.shape)!, Math.fround(compute(x, y)), 'float32');
}

/**
 * A constant of one repeated value enters as a scalar: tfjs's gradients multiply by whole tensors
 * of ones. When the scalar's shape decided the result's, the result is expanded instead.
 */
const binary =
  (op: OpName, result?: Dtype): Kernel =>
  ({ inputs, backend }) => {
    const a = inputs['a']!;
    const b = inputs['b']!;
    const folded = fold(op, backend, a, b);
    if (folded) return folded;
    const shape = broadcastShape(a.shape, b.shape)!;
    const operand = (x: tf.TensorInfo) => {
      const splat = backend.splat(x);
      return splat === undefined
        ? backend.value(x)
        : backend.builder.scalar(splat, traceDtype(x.dtype));
    };
    const values = [operand(a), operand(b)] as const;
    const inner = broadcastShape(values[0].shape, values[1].shape)!;
    const dtype = result ?? values[0].dtype;
    const value = backend.builder.add(op, values, inner, dtype);
    if (sameShape(inner, shape)) return backend.wrap(value);
    return node(backend, 'Expand', [value], shape, dtype);
  };

const reduce =
  (op: OpName): Kernel =>
  ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    // tfjs has another name for the axes of Max than for those of every other reduction.
    const axis = (attrs['reductionIndices'] ?? attrs['axis']) as number;
    const axes = tf.util.parseAxisParam(axis, [...x.shape]);
    const keep = attrs['keepDims'] === true;
    if (axes.length === 0) return backend.wrap(x);
    const shape = keep
      ? x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
      : x.shape.filter((_, i) => !axes.includes(i));
    return node(backend, op, [x], shape, x.dtype, { axes, keepdims: keep ? 1 : 0 });
  };

const reshapeTo = (backend: TraceBackend, info: tf.TensorInfo, shape: readonly number[]) => {
  const splat = backend.splat(info);
  if (splat !== undefined) return backend.fill(shape, splat, traceDtype(info.dtype));
  const x = backend.value(info);
  if (sameShape(x.shape, shape)) return backend.wrap(x);
  return node(backend, 'Reshape', [x], shape, x.dtype);
};

const lastAxis =
  (op: OpName, input: string, axis: string): Kernel =>
  ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs[input]!);
    const dim = tf.util.parseAxisParam((attrs[axis] as number) ?? -1, [...x.shape])[0]!;
    return node(backend, op, [x], x.shape, x.dtype, { axis: dim });
  };

const slice = (backend: TraceBackend, x: Value, begin: number[], size: number[]) =>
  node(backend, 'Slice', [x], size, x.dtype, { begin, size });

const filled =
  (splat: number): Kernel =>
  ({ inputs, backend }) =>
    backend.fill(inputs['x']!.shape, splat, traceDtype(inputs['x']!.dtype));

const kernels: Readonly<Record<string, Kernel>> = {
  Abs: unary('Abs'),
  Cos: unary('Cos'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Log: unary('Log'),
  LogicalNot: unary('Not'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),

  Add: binary('Add'),
  Equal: binary('Equal', 'bool'),
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),
  LogicalAnd: binary('And', 'bool'),
  LogicalOr: binary('Or', 'bool'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Multiply: binary('Mul'),
  Pow: binary('Pow'),
  RealDiv: binary('Div'),
  Sub: binary('Sub'),

  Max: reduce('ReduceMax'),
  Mean: reduce('ReduceMean'),
  Min: reduce('ReduceMin'),
  Sum: reduce('ReduceSum'),

  Identity: ({ inputs, backend }) => backend.wrap(backend.value(inputs.x!)),

  LogSoftmax: lastAxis('LogSoftmax', 'logits', 'axis'),
  Softmax: lastAxis('Softmax', 'logits', 'dim'),

  OnesLike: filled(1),
  ZerosLike: filled(0),

  ArgMax: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    const axis = tf.util.parseAxisParam(attrs['axis'] as number, [...x.shape])[0]!;
    const shape = x.shape.filter((_, i) => i !== axis);
    return node(backend, 'ArgMax', [x], shape, 'int32', { axis });
  },

  BatchMatMul: ({ inputs, attrs, backend }) => {
    const a = backend.value(inputs['a']!);
    const b = backend.value(inputs['b']!);
    const transA = attrs['transposeA'] === true;
    const transB = attrs['transposeB'] === true;
    const rows = a.shape.at(transA ? -1 : -2)!;
    const columns = b.shape.at(transB ? -2 : -1)!;
    const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))!;
    const flags = { ...(transA ? { transA: 1 } : {}), ...(transB ? { transB: 1 } : {}) };
    return node(backend, 'MatMul', [a, b], [...batch, rows, columns], 'float32', flags);
  },

  BroadcastTo: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    return node(backend, 'Expand', [x], attrs['shape'] as number[], x.dtype);
  },

  Cast: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs.x!);
    const dtype = traceDtype(attrs.dtype as string);
    return x.dtype === dtype ? backend.wrap(x) : node(backend, 'Cast', [x], x.shape, dtype);
  },

  Concat: ({ inputs, attrs, backend }) => {
    const values = Object.values(inputs).map((x) => backend.value(x));
    const first = values[0]!;
    const axis = tf.util.parseAxisParam(attrs['axis'] as number, [...first.shape])[0]!;
    const total = values.reduce((sum, x) => sum + x.shape[axis]!, 0);
    const shape = first.shape.map((d, i) => (i === axis ? total : d));
    return node(backend, 'Concat', values, shape, first.dtype, { axis });
  },

  ExpandDims: ({ inputs, attrs, backend }) => {
    const x = inputs['input']!;
    const shape = [...x.shape];
    const dim = attrs['dim'] as number;
    shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
    return reshapeTo(backend, x, shape);
  },

  Fill: ({ attrs, backend }) =>
    backend.fill(
      attrs['shape'] as number[],
      attrs['value'] as number,
      traceDtype((attrs['dtype'] as string | undefined) ?? 'float32'),
    ),

  GatherV2: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    const indices = backend.value(inputs['indices']!);
    const axis = tf.util.parseAxisParam((attrs['axis'] as number) ?? 0, [...x.shape])[0]!;
    if (attrs['batchDims']) throw new Error('GatherV2 with batchDims is not supported');
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    // Rows of a 16-bit embedding are widened one by one: the runtime would keep a widened table.
    const narrow = backend.narrow(x);
    if (narrow === undefined)
      return node(backend, 'Gather', [x, indices], shape, x.dtype, { axis });
    const { builder } = backend;
    const picked = builder.add('Gather', [narrow, indices], shape, narrow.dtype, { axis });
    return node(backend, 'Cast', [picked], shape, 'float32');
  },

  OneHot: ({ inputs, attrs, backend }) => {
    const indices = backend.value(inputs['indices']!);
    const depth = attrs['depth'] as number;
    return node(backend, 'OneHot', [indices], [...indices.shape, depth], 'float32', {
      depth,
      on: attrs['onValue'] as number,
      off: attrs['offValue'] as number,
    });
  },

  Pack: ({ inputs, attrs, backend }) => {
    const axis = attrs['axis'] as number;
    const values = Object.values(inputs).map((x) => {
      const shape = [...x.shape];
      shape.splice(axis, 0, 1);
      return backend.value(reshapeTo(backend, x, shape));
    });
    const shape = values[0]!.shape.map((d, i) => (i === axis ? values.length : d));
    return node(backend, 'Concat', values, shape, values[0]!.dtype, { axis });
  },

  PadV2: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    const paddings = attrs['paddings'] as [number, number][];
    const before = paddings.map((p) => p[0]);
    const after = paddings.map((p) => p[1]);
    const shape = x.shape.map((d, i) => d + before[i]! + after[i]!);
    return node(backend, 'Pad', [x], shape, x.dtype, {
      before,
      after,
      value: attrs['constantValue'] as number,
    });
  },

  Reshape: ({ inputs, attrs, backend }) => {
    const x = inputs['x']!;
    const shape = tf.util.inferFromImplicitShape(attrs['shape'] as number[], elements(x.shape));
    return reshapeTo(backend, x, shape);
  },

  Rsqrt: ({ inputs, backend }) => {
    const x = backend.value(inputs['x']!);
    const root = backend.builder.add('Sqrt', [x], x.shape, x.dtype);
    return node(backend, 'Reciprocal', [root], x.shape, x.dtype);
  },

  Select: ({ inputs, backend }) => {
    const condition = backend.value(inputs['condition']!);
    const a = backend.value(inputs['t']!);
    const b = backend.value(inputs['e']!);
    return node(backend, 'Where', [condition, a, b], a.shape, a.dtype);
  },

  Slice: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    const begin = attrs['begin'] as number[];
    const size = (attrs['size'] as number[]).map((d, i) => (d < 0 ? x.shape[i]! - begin[i]! : d));
    return slice(backend, x, begin, size);
  },

  SplitV: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    const axis = tf.util.parseAxisParam(attrs['axis'] as number, [...x.shape])[0]!;
    const sizes = tf.backend_util.prepareSplitSize(
      { shape: [...x.shape] } as tf.Tensor,
      attrs['numOrSizeSplits'] as number[],
      axis,
    );
    let offset = 0;
    return sizes.map((length) => {
      const begin = x.shape.map((_, i) => (i === axis ? offset : 0));
      const size = x.shape.map((d, i) => (i === axis ? length : d));
      offset += length;
      return slice(backend, x, begin, size);
    });
  },

  Square: ({ inputs, backend }) => {
    const x = backend.value(inputs['x']!);
    return node(backend, 'Mul', [x, x], x.shape, x.dtype);
  },

  /** 1 above 0, else 0: the gradient of Relu. */
  Step: ({ inputs, attrs, backend }) => {
    if (attrs['alpha']) throw new Error('Step with alpha is not supported');
    const x = backend.value(inputs['x']!);
    const zero = backend.builder.scalar(0, 'float32');
    const above = backend.builder.add('Greater', [x, zero], x.shape, 'bool');
    return node(backend, 'Cast', [above], x.shape, 'float32');
  },

  Tile: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    const repeats = attrs['reps'] as number[];
    const shape = x.shape.map((d, i) => d * repeats[i]!);
    return node(backend, 'Tile', [x], shape, x.dtype, { repeats });
  },

  Transpose: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    const perm = attrs['perm'] as number[];
    const shape = perm.map((i) => x.shape[i]!);
    return node(backend, 'Transpose', [x], shape, x.dtype, { perm });
  },

  /** The gradient of Gather: rows added up by segment, as a one-hot product (deterministic). */
  UnsortedSegmentSum: ({ inputs, attrs, backend }) => {
    const x = backend.value(inputs['x']!);
    const ids = backend.value(inputs['segmentIds']!);
    const segments = attrs['numSegments'] as number;
    const rows = x.shape[0]!;
    const width = elements(x.shape.slice(1));
    const { builder } = backend;
    const oneHot = builder.add('OneHot', [ids], [rows, segments], 'float32', {
      depth: segments,
      on: 1,
      off: 0,
    });
    const flat = builder.add('Reshape', [x], [rows, width], 'float32');
    const sum = builder.add('MatMul', [oneHot, flat], [segments, width], 'float32', { transA: 1 });
    return node(backend, 'Reshape', [sum], [segments, ...x.shape.slice(1)], 'float32');
  },
};

/** Registers every kernel of the trace with tfjs, under the backend's name. */
export function registerTraceKernels(backendName: string): void {
  for (const [kernelName, kernel] of Object.entries(kernels))
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: (params) => kernel(params as unknown as Call),
    });
}

/** tfjs kernels that a compiled program may use. */
export const supportedKernels = (): string[] => Object.keys(kernels).sort();

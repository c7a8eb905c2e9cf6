import { broadcastShape } from './broadcast.ts';
import {
  byteLength,
  type Dtype,
  elements,
  type Graph,
  type Node,
  type OpName,
  type Value,
} from './graph.ts';

type Rule = (node: Node) => string | undefined;

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

const want = (node: Node, shape: readonly number[], dtype: Dtype): string | undefined => {
  if (!same(node.output.shape, shape)) return `shape [${node.output.shape}], expected [${shape}]`;
  if (node.output.dtype !== dtype) return `dtype ${node.output.dtype}, expected ${dtype}`;
  return undefined;
};

const ints = (node: Node, name: string): readonly number[] => {
  const value = node.attributes[name];
  return typeof value === 'object' ? value : [];
};

const number = (node: Node, name: string): number => {
  const value = node.attributes[name];
  return typeof value === 'number' ? value : 0;
};

const arity =
  (count: number, rule: Rule): Rule =>
  (node) =>
    node.inputs.length === count ? rule(node) : `${node.inputs.length} inputs, expected ${count}`;

const unary = arity(1, (node) => want(node, node.inputs[0]!.shape, node.inputs[0]!.dtype));

const binary = (result?: Dtype): Rule =>
  arity(2, (node) => {
    const [a, b] = node.inputs as [Value, Value];
    if (a.dtype !== b.dtype) return `operands of ${a.dtype} and ${b.dtype}`;
    const shape = broadcastShape(a.shape, b.shape);
    if (!shape) return `operands [${a.shape}] and [${b.shape}] do not broadcast`;
    return want(node, shape, result ?? a.dtype);
  });

const reduce = arity(1, (node) => {
  const x = node.inputs[0]!;
  const axes = ints(node, 'axes');
  const keep = number(node, 'keepdims') === 1;
  const shape = keep
    ? x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
    : x.shape.filter((_, i) => !axes.includes(i));
  return want(node, shape, x.dtype);
});

const matMul = arity(2, (node) => {
  const swap = (shape: readonly number[], flag: number) =>
    flag ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : [...shape];
  const [a, b] = node.inputs as [Value, Value];
  const left = swap(a.shape, number(node, 'transA'));
  const right = swap(b.shape, number(node, 'transB'));
  if (left.at(-1) !== right.at(-2)) return `inner sizes ${left.at(-1)} and ${right.at(-2)} differ`;
  const batch = broadcastShape(left.slice(0, -2), right.slice(0, -2));
  if (!batch)
    return `batch axes [${left.slice(0, -2)}] and [${right.slice(0, -2)}] do not broadcast`;
  return want(node, [...batch, left.at(-2)!, right.at(-1)!], a.dtype);
});

const sameElements = arity(1, (node) => {
  const x = node.inputs[0]!;
  if (elements(x.shape) !== elements(node.output.shape))
    return `${elements(x.shape)} elements into [${node.output.shape}]`;
  return want(node, node.output.shape, x.dtype);
});

const rules: Readonly<Record<OpName, Rule>> = {
  Abs: unary,
  Add: binary(),
  And: binary('bool'),
  ArgMax: arity(1, (node) => {
    const axis = number(node, 'axis');
    return want(
      node,
      node.inputs[0]!.shape.filter((_, i) => i !== axis),
      'int32',
    );
  }),
  Cast: arity(1, (node) => want(node, node.inputs[0]!.shape, node.output.dtype)),
  Concat: (node) => {
    const axis = number(node, 'axis');
    const first = node.inputs[0]!;
    const total = node.inputs.reduce((sum, x) => sum + x.shape[axis]!, 0);
    return want(
      node,
      first.shape.map((d, i) => (i === axis ? total : d)),
      first.dtype,
    );
  },
  Cos: unary,
  DequantizeLinear: arity(3, (node) => want(node, node.inputs[0]!.shape, 'float32')),
  Div: binary(),
  Equal: binary('bool'),
  Erf: unary,
  Exp: unary,
  Expand: arity(1, (node) => {
    const shape = broadcastShape(node.inputs[0]!.shape, node.output.shape);
    return shape && same(shape, node.output.shape)
      ? want(node, shape, node.inputs[0]!.dtype)
      : `[${node.inputs[0]!.shape}] does not expand to [${node.output.shape}]`;
  }),
  Gather: arity(2, (node) => {
    const [x, indices] = node.inputs as [Value, Value];
    const axis = number(node, 'axis');
    if (indices.dtype !== 'int32') return `indices of ${indices.dtype}`;
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return want(node, shape, x.dtype);
  }),
  Greater: binary('bool'),
  GreaterOrEqual: binary('bool'),
  Less: binary('bool'),
  LessOrEqual: binary('bool'),
  Log: unary,
  LogSoftmax: unary,
  MatMul: matMul,
  MatMulNBits: arity(4, (node) => {
    const x = node.inputs[0]!;
    if (x.shape.at(-1) !== number(node, 'K'))
      return `input [${x.shape}] for K=${node.attributes['K']}`;
    return want(node, [...x.shape.slice(0, -1), number(node, 'N')], 'float32');
  }),
  Max: binary(),
  Min: binary(),
  Mul: binary(),
  Neg: unary,
  Not: unary,
  OneHot: arity(1, (node) =>
    want(node, [...node.inputs[0]!.shape, number(node, 'depth')], 'float32'),
  ),
  Or: binary('bool'),
  Pad: arity(1, (node) => {
    const before = ints(node, 'before');
    const after = ints(node, 'after');
    const x = node.inputs[0]!;
    return want(
      node,
      x.shape.map((d, i) => d + before[i]! + after[i]!),
      x.dtype,
    );
  }),
  Pow: binary(),
  ReduceMax: reduce,
  ReduceMean: reduce,
  ReduceMin: reduce,
  ReduceSum: reduce,
  Reciprocal: unary,
  Relu: unary,
  Reshape: sameElements,
  RotaryEmbedding: arity(4, (node) => want(node, node.inputs[0]!.shape, 'float32')),
  Sigmoid: unary,
  Sign: unary,
  Sin: unary,
  Slice: arity(1, (node) => {
    const begin = ints(node, 'begin');
    const size = ints(node, 'size');
    const x = node.inputs[0]!;
    if (x.shape.some((d, i) => begin[i]! < 0 || begin[i]! + size[i]! > d))
      return `range [${begin}]+[${size}] outside [${x.shape}]`;
    return want(node, size, x.dtype);
  }),
  Softmax: unary,
  Sqrt: unary,
  Sub: binary(),
  Tanh: unary,
  Tile: arity(1, (node) => {
    const x = node.inputs[0]!;
    const repeats = ints(node, 'repeats');
    return want(
      node,
      x.shape.map((d, i) => d * repeats[i]!),
      x.dtype,
    );
  }),
  Transpose: arity(1, (node) => {
    const x = node.inputs[0]!;
    const perm = ints(node, 'perm');
    return want(
      node,
      perm.map((i) => x.shape[i]!),
      x.dtype,
    );
  }),
  Where: arity(3, (node) => {
    const [condition, a, b] = node.inputs as [Value, Value, Value];
    if (condition.dtype !== 'bool') return `condition of ${condition.dtype}`;
    const inner = broadcastShape(a.shape, b.shape);
    const shape = inner && broadcastShape(condition.shape, inner);
    return shape ? want(node, shape, a.dtype) : 'operands do not broadcast';
  }),
};

/**
 * Verifies that every node reads values defined before it and that its recorded shape and dtype
 * follow from its inputs. A failure is a bug in the trace, never in user input.
 * @throws Error naming the node.
 */
export function checkGraph(graph: Graph): void {
  const defined = new Set(Object.values(graph.inputs).map((value) => value.id));
  for (const { value, data } of graph.constants) {
    const bytes = data.kind === 'file' ? data.length : data.bytes.byteLength;
    if (bytes !== byteLength(value.shape, value.dtype))
      throw new Error(
        `Graph ${graph.name}: constant ${value.dtype}[${value.shape}] has ${bytes} bytes`,
      );
    defined.add(value.id);
  }
  graph.nodes.forEach((node, index) => {
    const fault = node.inputs.some((value) => !defined.has(value.id))
      ? 'an input that is not defined before it'
      : rules[node.op](node);
    if (fault) throw new Error(`Graph ${graph.name}, node ${index} ${node.op}: ${fault}`);
    defined.add(node.output.id);
  });
  for (const [name, value] of Object.entries(graph.outputs))
    if (!defined.has(value.id)) throw new Error(`Graph ${graph.name}: output ${name} is undefined`);
}
